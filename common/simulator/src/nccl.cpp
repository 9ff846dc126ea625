#include "nccl.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <random>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

/// NCCL's operations among processes of one host. They share a piece of memory, in which there is a
/// letter box for each pair of ranks; whoever has more to send than fits into it waits until it has
/// been emptied. Every operation is made of such messages, and done when its call returns, as
/// everything in the simulator is.
namespace {

struct LetterBox {
  std::atomic<std::uint32_t> full;  // how many bytes are in it; 0: it may be written
  std::byte bytes[std::size_t(64) << 10];
};
struct Shared {
  std::atomic<int> joined;
  LetterBox boxes[1];  // ranks²: from rank s to rank r, boxes[s ranks + r]
};

struct Message {
  ncclComm* comm;
  int peer;
  bool sends;
  std::byte* data;
  std::size_t bytes, done = 0;
};

thread_local constinit int groups = 0;
thread_local std::vector<Message> gathered;

std::size_t size_of(ncclDataType_t type) {
  return type == ncclUint8 ? 1 : type == ncclFloat32 ? 4 : 8;
}

}  // namespace

struct ncclComm {
  int rank, ranks;
  Shared* shared;
  std::size_t bytes;

  LetterBox& box(int from, int to) const { return shared->boxes[from * ranks + to]; }
};

/// Does what can be done of a message now. Whether anything was.
static bool advance(Message& message) {
  const ncclComm& comm = *message.comm;
  LetterBox& box =
      message.sends ? comm.box(comm.rank, message.peer) : comm.box(message.peer, comm.rank);
  const std::uint32_t full = box.full.load(std::memory_order_acquire);
  if (message.done == message.bytes || message.sends == (full > 0)) return false;
  if (message.sends) {
    const std::size_t part = std::min(message.bytes - message.done, sizeof(box.bytes));
    std::copy_n(message.data + message.done, part, box.bytes);
    message.done += part;
    box.full.store(static_cast<std::uint32_t>(part), std::memory_order_release);
  } else {
    const std::size_t part = std::min<std::size_t>(full, message.bytes - message.done);
    std::copy_n(box.bytes, part, message.data + message.done);
    message.done += part;
    box.full.store(0, std::memory_order_release);
  }
  return true;
}

static ncclResult_t deliver(std::vector<Message> messages) {
  const auto is_done = [](const Message& message) { return message.done == message.bytes; };
  while (!std::ranges::all_of(messages, is_done)) {
    bool news = false;
    for (auto message = messages.begin(); message != messages.end(); ++message) {
      const auto comes_first = [&](const Message& other) {  // one after the other, in their order
        return other.comm == message->comm && other.peer == message->peer &&
               other.sends == message->sends && !is_done(other);
      };
      if (std::none_of(messages.begin(), message, comes_first)) news |= advance(*message);
    }
    if (!news) std::this_thread::yield();
  }
  return ncclSuccess;
}

static Message send_to(ncclComm* comm, int peer, const void* data, std::size_t bytes) {
  return {comm, peer, true, static_cast<std::byte*>(const_cast<void*>(data)), bytes};
}
static Message receive_from(ncclComm* comm, int peer, void* data, std::size_t bytes) {
  return {comm, peer, false, static_cast<std::byte*>(data), bytes};
}

/// NCCL's largest and smallest are a GPU's fmax and fmin: of a number and NaN, the number; and 0 is
/// larger than −0.
template <class T>
static bool is_less(T a, T b) {
  if constexpr (std::is_floating_point_v<T>)
    if (a == b) return std::signbit(a) && !std::signbit(b);
  return a < b;
}
template <class T>
static T reduced(ncclRedOp_t op, T a, T b) {
  if (op == ncclMax || op == ncclMin) {
    if (a != a || b != b) return a != a ? b : a;
    return is_less(a, b) == (op == ncclMax) ? b : a;
  }
  // Whole numbers that overflow wrap around, which only unsigned ones may.
  using Unsigned = std::conditional_t<std::is_integral_v<T>, std::uint64_t, T>;
  return op == ncclProd ? static_cast<T>(Unsigned(a) * Unsigned(b))
                        : static_cast<T>(Unsigned(a) + Unsigned(b));
}

template <class T>
static void reduce_parts(const std::vector<std::byte>& parts, int ranks, std::size_t count,
                         ncclRedOp_t op, void* result) {
  const T* part = reinterpret_cast<const T*>(parts.data());
  T* out = static_cast<T*>(result);
  // For the average, NCCL multiplies each rank's part before it adds them up: a/3 + b/3 + c/3.
  const bool scales = op == ncclAvg && std::is_floating_point_v<T>;
  const auto element = [&](int rank, std::size_t i) -> T {
    const T value = part[rank * count + i];
    return scales ? static_cast<T>(value * (T(1) / static_cast<T>(ranks))) : value;
  };
  for (std::size_t i = 0; i < count; ++i) {
    T value = element(0, i);
    for (int r = 1; r < ranks; ++r) value = reduced(op, value, element(r, i));
    out[i] = op == ncclAvg && !scales ? static_cast<T>(value / static_cast<T>(ranks)) : value;
  }
}

/// The ranks in `to` get from every rank the part that starts at step · their number of its `in`,
/// and make one of them: in the order of the ranks, so that all come to the same.
static ncclResult_t reduce(const void* in, std::size_t step, void* out, std::size_t count,
                           ncclDataType_t type, ncclRedOp_t op, int first, int last,
                           ncclComm* comm) {
  const std::size_t bytes = count * size_of(type);
  const bool gets = first <= comm->rank && comm->rank < last;
  std::vector<std::byte> parts(gets ? comm->ranks * bytes : 0);
  std::vector<Message> messages;
  for (int to = first; to < last; ++to)
    messages.push_back(send_to(comm, to, static_cast<const std::byte*>(in) + to * step, bytes));
  for (int from = 0; gets && from < comm->ranks; ++from)
    messages.push_back(receive_from(comm, from, parts.data() + from * bytes, bytes));
  deliver(std::move(messages));
  if (!gets) return ncclSuccess;
  if (type == ncclFloat32)
    reduce_parts<float>(parts, comm->ranks, count, op, out);
  else if (type == ncclFloat64)
    reduce_parts<double>(parts, comm->ranks, count, op, out);
  else if (type == ncclInt64)
    reduce_parts<std::int64_t>(parts, comm->ranks, count, op, out);
  else
    reduce_parts<std::uint8_t>(parts, comm->ranks, count, op, out);
  return ncclSuccess;
}

ncclResult_t ncclAllReduce(const void* in, void* out, std::size_t count, ncclDataType_t type,
                           ncclRedOp_t op, ncclComm_t comm, cudaStream_t) {
  return reduce(in, 0, out, count, type, op, 0, comm->ranks, comm);
}
ncclResult_t ncclReduce(const void* in, void* out, std::size_t count, ncclDataType_t type,
                        ncclRedOp_t op, int root, ncclComm_t comm, cudaStream_t) {
  return reduce(in, 0, out, count, type, op, root, root + 1, comm);
}
ncclResult_t ncclReduceScatter(const void* in, void* out, std::size_t count, ncclDataType_t type,
                               ncclRedOp_t op, ncclComm_t comm, cudaStream_t) {
  return reduce(in, count * size_of(type), out, count, type, op, 0, comm->ranks, comm);
}

ncclResult_t ncclBroadcast(const void* in, void* out, std::size_t count, ncclDataType_t type,
                           int root, ncclComm_t comm, cudaStream_t) {
  const std::size_t bytes = count * size_of(type);
  std::vector<Message> messages = {receive_from(comm, root, out, bytes)};
  for (int to = 0; comm->rank == root && to < comm->ranks; ++to)
    messages.push_back(send_to(comm, to, in, bytes));
  return deliver(std::move(messages));
}

ncclResult_t ncclAllGather(const void* in, void* out, std::size_t count, ncclDataType_t type,
                           ncclComm_t comm, cudaStream_t) {
  const std::size_t bytes = count * size_of(type);
  std::vector<Message> messages;
  for (int peer = 0; peer < comm->ranks; ++peer) {
    messages.push_back(send_to(comm, peer, in, bytes));
    messages.push_back(
        receive_from(comm, peer, static_cast<std::byte*>(out) + peer * bytes, bytes));
  }
  return deliver(std::move(messages));
}

static ncclResult_t gather_or_deliver(Message message) {
  if (message.peer < 0 || message.peer >= message.comm->ranks) return ncclInvalidArgument;
  if (groups == 0) return deliver({message});
  gathered.push_back(message);
  return ncclSuccess;
}
ncclResult_t ncclSend(const void* in, std::size_t count, ncclDataType_t type, int peer,
                      ncclComm_t comm, cudaStream_t) {
  return gather_or_deliver(send_to(comm, peer, in, count * size_of(type)));
}
ncclResult_t ncclRecv(void* out, std::size_t count, ncclDataType_t type, int peer, ncclComm_t comm,
                      cudaStream_t) {
  return gather_or_deliver(receive_from(comm, peer, out, count * size_of(type)));
}
ncclResult_t ncclGroupStart() {
  ++groups;
  return ncclSuccess;
}
ncclResult_t ncclGroupEnd() {
  if (groups == 0) return ncclInvalidArgument;
  return --groups == 0 ? deliver(std::exchange(gathered, {})) : ncclSuccess;
}

// Ranks that find each other.

ncclResult_t ncclGetVersion(int* version) {
  *version = NCCL_VERSION_CODE;
  return ncclSuccess;
}
const char* ncclGetErrorString(ncclResult_t result) {
  return result == ncclSuccess       ? "no error"
         : result == ncclSystemError ? "no memory that is shared with the other ranks"
                                     : "invalid argument";
}

ncclResult_t ncclGetUniqueId(ncclUniqueId* id) {
  *id = {};
  std::snprintf(id->internal, sizeof(id->internal), "/kindling-nccl-%ld-%u",
                static_cast<long>(getpid()), std::random_device()());
  return ncclSuccess;
}

ncclResult_t ncclCommInitRank(ncclComm_t* comm, int ranks, ncclUniqueId id, int rank) {
  if (ranks < 1 || rank < 0 || rank >= ranks) return ncclInvalidArgument;
  const std::size_t bytes = sizeof(Shared) + sizeof(LetterBox) * ranks * ranks;
  const int file = shm_open(id.internal, O_CREAT | O_RDWR, 0600);
  if (file < 0) return ncclSystemError;
  void* memory = MAP_FAILED;
  // What is new of it is zero. Where that can be said only once, another rank has.
  struct stat existing {};
  const bool is_there =
      ftruncate(file, static_cast<off_t>(bytes)) == 0 ||
      (fstat(file, &existing) == 0 && existing.st_size >= static_cast<off_t>(bytes));
  if (is_there) memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  close(file);
  if (memory == MAP_FAILED) return ncclSystemError;
  auto* shared = static_cast<Shared*>(memory);
  ++shared->joined;
  while (shared->joined < ranks) std::this_thread::yield();
  if (rank == 0) shm_unlink(id.internal);  // all have it; the name is needed no more
  *comm = new ncclComm{rank, ranks, shared, bytes};
  return ncclSuccess;
}

ncclResult_t ncclCommDestroy(ncclComm_t comm) {
  munmap(comm->shared, comm->bytes);
  delete comm;
  return ncclSuccess;
}
