#include "kindling/prefetch.h"

/// A bounded queue between two threads. Whoever waits sleeps on `changed_`, which releases `mutex_`
/// meanwhile; whoever changes something notifies it.
namespace kindling::data {

PrefetchQueue::PrefetchQueue(std::size_t capacity) : capacity_(capacity) {
  check(capacity > 0, "PrefetchQueue: expected room for at least one batch, got ", capacity);
}

/// \exercise{5.4} Wait until fewer than capacity_ are ready, or the queue is closed. True if there
/// is room and it is open.
bool PrefetchQueue::wait_for_room() {
  throw NotImplemented("5.4");
}

/// \exercise{5.4} Put it behind the others and wake the trainer. Never waits. After close(), what
/// it is given is dropped: nobody would take it out.
void PrefetchQueue::push(Fetched fetched) {
  throw NotImplemented("5.4");
}

/// \exercise{5.4} Wait until one is ready, or the queue is closed; take the first one out and wake
/// the worker. Of a closed queue, std::nullopt.
std::optional<Fetched> PrefetchQueue::pop() {
  throw NotImplemented("5.4");
}

/// \exercise{5.4} From now on, nobody waits; what is ready is given up, and leaves the memory. To
/// close twice is no mistake.
void PrefetchQueue::close() {
  throw NotImplemented("5.4");
}

}  // namespace kindling::data
