#include "arena.h"

#include <sys/mman.h>
#include <sys/resource.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <string>

#include "kindling/check.h"

namespace cuda_simulator {

static constexpr std::size_t alignment = 512;
static constexpr std::size_t gap = 512;  ///< between two allocations, and before the first
static constexpr std::size_t page = 4096;

static std::size_t round_up(std::size_t n, std::size_t unit) {
  return (n + unit - 1) / unit * unit;
}

Arena::Arena(std::size_t bytes) {
  // Under a `ulimit -v`, addresses are what there is little of: an eighth for each arena.
  rlimit limit{};
  const bool limited = getrlimit(RLIMIT_AS, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY;
  if (limited) bytes = std::min<std::size_t>(bytes, round_up(limit.rlim_cur / 8, page));
  total_ = bytes;
  // Gaps and freed blocks cost addresses, of which there are plenty, and no memory. A system that
  // counts reserved addresses as memory may give fewer.
  void* address = MAP_FAILED;
  for (reserved_ = limited ? bytes : round_up(4 * bytes + (std::size_t(1) << 30), page);
       reserved_ >= bytes; reserved_ = round_up(reserved_ / 2, page)) {
    address = mmap(nullptr, reserved_, PROT_READ | PROT_WRITE,
                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (address != MAP_FAILED) break;
  }
  kindling::check(address != MAP_FAILED, "CUDA simulator: cannot reserve ", reserved_,
                  " bytes of addresses: ", std::strerror(errno));
  begin_ = reinterpret_cast<std::uintptr_t>(address);
  fresh_ = begin_ + gap;
}

Arena::~Arena() { munmap(reinterpret_cast<void*>(begin_), reserved_); }

/// Where `span` bytes begin that nobody has: beyond all others while there is room, so that what
/// was freed stays known as freed; then the first freed range that is long enough.
std::uintptr_t Arena::place(std::size_t span) {
  if (fresh_ + span <= begin_ + reserved_) {
    const auto at = fresh_;
    fresh_ += span;
    return at;
  }
  auto first = blocks_.begin();
  while (first != blocks_.end()) {
    if (!first->second.freed) {
      ++first;
      continue;
    }
    auto last = first;
    while (last != blocks_.end() && last->second.freed) ++last;
    const auto begin = first->first, end = last == blocks_.end() ? fresh_ : last->first;
    if (end - begin >= span) {
      blocks_.erase(first, last);
      if (end - begin >= span + gap + alignment)  // the rest stays free, for others
        blocks_[begin + span] = {begin + span, end - gap, true};
      return begin;
    }
    first = last;
  }
  return 0;
}

void* Arena::allocate(std::size_t bytes) {
  const std::lock_guard lock(mutex_);
  if (bytes > total_ - in_use_) return nullptr;
  const auto at = place(round_up(bytes, alignment) + gap);
  if (at == 0) return nullptr;
  blocks_[at] = {at, at + bytes, false};
  in_use_ += bytes;
  ++version_;
  return reinterpret_cast<void*>(at);
}

bool Arena::free(void* pointer) {
  const std::lock_guard lock(mutex_);
  const auto found = blocks_.find(reinterpret_cast<std::uintptr_t>(pointer));
  if (found == blocks_.end() || found->second.freed) return false;
  Allocation& block = found->second;
  block.freed = true;
  in_use_ -= block.end - block.begin;
  ++version_;
  // The pages go back to the system; the addresses stay ours.
  const auto first = round_up(block.begin, page), last = block.end / page * page;
  if (first < last) madvise(reinterpret_cast<void*>(first), last - first, MADV_DONTNEED);
  return true;
}

std::size_t Arena::in_use() const {
  const std::lock_guard lock(mutex_);
  return in_use_;
}

Allocation Arena::nearest(std::uintptr_t address) const {
  const std::lock_guard lock(mutex_);
  auto above = blocks_.upper_bound(address);
  if (above != blocks_.begin()) return std::prev(above)->second;
  return above == blocks_.end() ? Allocation{} : above->second;
}

/// 64M, 2G, 4096
static std::size_t bytes_from(const char* text, const char* variable) {
  char* end = nullptr;
  const unsigned long long number = std::strtoull(text, &end, 10);
  const std::string unit = end;
  const int shift = unit == "K" ? 10 : unit == "M" ? 20 : unit == "G" ? 30 : 0;
  kindling::check(end != text && (shift != 0 || unit.empty()), variable,
                  ": expected a number of bytes such as 4096, 64M or 2G, got ", text);
  return static_cast<std::size_t>(number) << shift;
}

Arena& device_arena() {
  // Never destroyed: tensors in static variables may be freed later than anything here.
  static Arena& arena = *[] {
    const char* const variable = "KINDLING_SIMULATOR_MEMORY";
    const char* const text = std::getenv(variable);
    return new Arena(text ? bytes_from(text, variable) : std::size_t(8) << 30);
  }();
  return arena;
}

Arena& pinned_arena() {
  static Arena& arena = *new Arena(std::size_t(4) << 30);
  return arena;
}

}  // namespace cuda_simulator
