#include <algorithm>
#include <array>
#include <limits>
#include <list>
#include <map>
#include <mutex>
#include <set>
#include <sstream>
#include <unordered_map>
#include <vector>

#include "cuda/runtime.h"

/// Device memory, kept and handed out again. cudaMalloc takes as long as many kernels and cudaFree
/// waits for the device, so training asks the driver in its first step and never again. Method and
/// sizes are those of PyTorch's CUDACachingAllocator: segments from the driver, cut into blocks,
/// free neighbours joined again, best fit first.
namespace kindling {
namespace cuda {
namespace {

constexpr std::int64_t kib = 1024, mib = 1024 * kib;
constexpr std::int64_t smallest_block = 512;     // every size is a multiple of it
constexpr std::int64_t small_size = mib;         // up to here, blocks come from small segments,
constexpr std::int64_t small_segment = 2 * mib;  // so that a few bytes never hold a large one
constexpr std::int64_t large_segment = 20 * mib;
constexpr std::int64_t own_segment = 10 * mib;  // from here on, a segment of its own size

std::int64_t rounded_up(std::int64_t bytes, std::int64_t to) {
  check(bytes <= std::numeric_limits<std::int64_t>::max() - to,
        "CUDA out of memory. Tried to allocate ", bytes, " bytes");
  return (bytes + to - 1) / to * to;
}

std::string readable(std::int64_t bytes) {
  static constexpr std::array<const char*, 5> units{"bytes", "KiB", "MiB", "GiB", "TiB"};
  double amount = static_cast<double>(bytes);
  std::size_t unit = 0;
  for (; amount >= 1024 && unit + 1 < units.size(); ++unit) amount /= 1024;
  std::ostringstream text;
  text.precision(2);
  text << std::fixed;
  if (unit == 0)
    text << bytes;
  else
    text << amount;
  text << ' ' << units[unit];
  return text.str();
}

/// A piece of a segment: in a tensor, or free.
struct Block {
  std::byte* data = nullptr;
  std::int64_t bytes = 0;
  cudaStream_t stream = nullptr;  // in which it may be used again without waiting
  bool is_small = false;
  bool is_free = false;
  Block* before = nullptr;  // neighbours in the segment
  Block* after = nullptr;
  std::vector<std::shared_ptr<void>> users;  // other streams that use it
};

struct BySize {
  bool operator()(const Block* a, const Block* b) const {
    return a->bytes != b->bytes ? a->bytes < b->bytes : a->data < b->data;
  }
};
using FreeBlocks = std::set<Block*, BySize>;

class CachingAllocator {
 public:
  explicit CachingAllocator(int device) : device_(device) {}

  std::byte* allocate(std::int64_t requested, cudaStream_t stream) {
    const std::int64_t bytes = rounded_up(requested, smallest_block);
    const std::scoped_lock lock(mutex_);
    take_back_finished();
    const bool is_small = bytes <= small_size;
    FreeBlocks& free = free_[{stream, is_small}];
    Block wanted;
    wanted.bytes = bytes;
    auto found = free.lower_bound(&wanted);
    if (found == free.end())
      found = free.insert(new_segment(requested, bytes, stream, is_small)).first;
    Block* block = *found;
    free.erase(found);
    block->is_free = false;
    split(block, bytes, free);
    in_use_.emplace(block->data, block);
    allocated_ += block->bytes;
    most_allocated_ = std::max(most_allocated_, allocated_);
    ++allocations_;
    return block->data;
  }

  void deallocate(std::byte* data) {
    const std::scoped_lock lock(mutex_);
    const auto found = in_use_.find(data);
    Block* block = found->second;
    in_use_.erase(found);
    allocated_ -= block->bytes;
    if (block->users.empty()) {
      put_back(block);
      return;
    }
    use_device(device_);
    Waiting waiting{block, {}};
    for (const auto& user : block->users)
      waiting.until.push_back(record_event(static_cast<cudaStream_t>(user.get())));
    block->users.clear();
    waiting_.push_back(std::move(waiting));
  }

  void add_user(std::byte* data, const Stream& stream) {
    const std::scoped_lock lock(mutex_);
    const auto found = in_use_.find(data);
    if (found == in_use_.end() || found->second->stream == stream.handle()) return;
    auto& users = found->second->users;
    if (std::ranges::find(users, stream.owner()) == users.end()) users.push_back(stream.owner());
  }

  void empty_cache() {
    const std::scoped_lock lock(mutex_);
    give_back_segments();
  }

  std::int64_t allocated() { return locked(allocated_); }
  std::int64_t most_allocated() { return locked(most_allocated_); }
  std::int64_t reserved() { return locked(reserved_); }
  void reset_peak() {
    const std::scoped_lock lock(mutex_);
    most_allocated_ = allocated_;
  }

  std::string summary() {
    const std::scoped_lock lock(mutex_);
    std::ostringstream text;
    const auto row = [&](const char* what, const std::string& value) {
      text << "| " << what << std::string(32 - std::string_view(what).size(), ' ') << "| "
           << std::string(value.size() < 14 ? 14 - value.size() : 0, ' ') << value << " |\n";
    };
    text << "Memory of cuda:" << device_ << '\n';
    row("allocated (in tensors)", readable(allocated_));
    row("most allocated", readable(most_allocated_));
    row("reserved (from the driver)", readable(reserved_));
    row("cached (reserved and free)", readable(reserved_ - allocated_));
    row("tensors", std::to_string(in_use_.size()));
    row("segments", std::to_string(segments_.size()));
    row("allocations so far", std::to_string(allocations_));
    row("calls of cudaMalloc so far", std::to_string(driver_calls_));
    return text.str();
  }

 private:
  std::int64_t locked(const std::int64_t& value) {
    const std::scoped_lock lock(mutex_);
    return value;
  }

  /// A free block that is a whole new segment.
  Block* new_segment(std::int64_t requested, std::int64_t bytes, cudaStream_t stream,
                     bool is_small) {
    const std::int64_t size = is_small              ? small_segment
                              : bytes < own_segment ? large_segment
                                                    : rounded_up(bytes, 2 * mib);
    use_device(device_);
    void* data = nullptr;
    ++driver_calls_;
    if (cudaMalloc(&data, static_cast<std::size_t>(size)) != cudaSuccess) {
      cudaGetLastError();  // known from now on, and not to be reported by the next launch
      give_back_segments();
      if (cudaMalloc(&data, static_cast<std::size_t>(size)) != cudaSuccess) {
        cudaGetLastError();
        std::size_t free = 0, total = 0;
        KINDLING_CUDA_CHECK(cudaMemGetInfo(&free, &total));
        fail("CUDA out of memory. Tried to allocate ", readable(requested), ". cuda:", device_,
             " has a total capacity of ", readable(static_cast<std::int64_t>(total)), " of which ",
             readable(static_cast<std::int64_t>(free)), " is free. ", readable(allocated_),
             " is in use by tensors, and ", readable(reserved_ - allocated_),
             " is reserved by Kindling but cached.");
      }
    }
    reserved_ += size;
    auto* block = new Block;
    block->data = static_cast<std::byte*>(data);
    block->bytes = size;
    block->stream = stream;
    block->is_small = is_small;
    block->is_free = true;
    segments_.emplace(block->data, size);
    return block;
  }

  /// Cuts off what is not needed, unless it is too little to be of use.
  void split(Block* block, std::int64_t bytes, FreeBlocks& free) {
    const std::int64_t left = block->bytes - bytes;
    if (block->is_small ? left < smallest_block : left <= small_size) return;
    auto* rest = new Block(*block);
    rest->data = block->data + bytes;
    rest->bytes = left;
    rest->is_free = true;
    rest->before = block;
    if (rest->after) rest->after->before = rest;
    block->after = rest;
    block->bytes = bytes;
    free.insert(rest);
  }

  /// Makes a block free, as one with its free neighbours.
  void put_back(Block* block) {
    FreeBlocks& free = free_[{block->stream, block->is_small}];
    if (Block* next = block->after; next && next->is_free) {
      free.erase(next);
      block->bytes += next->bytes;
      unlink(next);
    }
    if (Block* previous = block->before; previous && previous->is_free) {
      free.erase(previous);
      previous->bytes += block->bytes;
      unlink(block);
      block = previous;
    }
    block->is_free = true;
    free.insert(block);
  }

  static void unlink(Block* block) {
    if (block->before) block->before->after = block->after;
    if (block->after) block->after->before = block->before;
    delete block;
  }

  // Each step of these two is whole, so an error between two of them loses nothing.

  /// Blocks whose other users are done become free.
  void take_back_finished() {
    for (auto at = waiting_.begin(); at != waiting_.end();) {
      if (!are_past(at->until)) {
        ++at;
        continue;
      }
      put_back(at->block);
      at = waiting_.erase(at);
    }
  }

  /// All segments that are one free block.
  void give_back_segments() {
    use_device(device_);
    for (const Waiting& waiting : waiting_)
      for (const OwnedEvent& event : waiting.until)
        KINDLING_CUDA_CHECK(cudaEventSynchronize(event.get()));
    take_back_finished();
    for (auto& [key, free] : free_)
      for (auto at = free.begin(); at != free.end();) {
        Block* block = *at;
        if (block->before || block->after) {
          ++at;
          continue;
        }
        KINDLING_CUDA_CHECK(cudaFree(block->data));  // waits for the device
        at = free.erase(at);
        reserved_ -= block->bytes;
        segments_.erase(block->data);
        delete block;
      }
  }

  struct Waiting {
    Block* block;
    std::vector<OwnedEvent> until;
  };

  const int device_;
  std::mutex mutex_;
  std::map<std::pair<cudaStream_t, bool>, FreeBlocks> free_;  // by stream, and whether small
  std::unordered_map<std::byte*, Block*> in_use_;
  std::unordered_map<std::byte*, std::int64_t> segments_;
  std::list<Waiting> waiting_;  // freed, but still used by other streams
  std::int64_t allocated_ = 0, most_allocated_ = 0, reserved_ = 0;
  std::int64_t allocations_ = 0, driver_calls_ = 0;
};

/// Never destroyed: tensors may be freed after it would be.
CachingAllocator& allocator_of(int device) {
  static auto* allocators = [] {
    auto* made = new std::vector<std::unique_ptr<CachingAllocator>>;
    for (int i = 0; i < max_devices; ++i) made->push_back(std::make_unique<CachingAllocator>(i));
    return made;
  }();
  return *(*allocators)[device];
}

// Pinned memory ----------------------------------------------------------------------------------

/// Blocks of pinned memory by size. A block that streams still read waits for them.
class PinnedBlocks {
 public:
  std::byte* allocate(std::int64_t requested) {
    const std::int64_t bytes = rounded_up(std::max<std::int64_t>(requested, 1), smallest_block);
    const std::scoped_lock lock(mutex_);
    auto [first, last] = free_.equal_range(bytes);
    for (auto at = first; at != last; ++at)
      if (is_unused(at->second)) {
        std::byte* data = at->second;
        free_.erase(at);
        return data;
      }
    use_any_device();
    void* data = nullptr;
    KINDLING_CUDA_CHECK(cudaMallocHost(&data, static_cast<std::size_t>(bytes)));
    blocks_.emplace(static_cast<std::byte*>(data), Pinned{bytes, {}});
    return static_cast<std::byte*>(data);
  }
  void deallocate(std::byte* data) {
    const std::scoped_lock lock(mutex_);
    free_.emplace(blocks_.at(data).bytes, data);
  }
  bool contains(const std::byte* data) {
    const std::scoped_lock lock(mutex_);
    return blocks_.contains(const_cast<std::byte*>(data));
  }
  void record(std::byte* data, cudaStream_t stream) {
    const std::scoped_lock lock(mutex_);
    const auto found = blocks_.find(data);
    if (found != blocks_.end()) found->second.reads.push_back(record_event(stream));
  }

 private:
  struct Pinned {
    std::int64_t bytes;
    std::vector<OwnedEvent> reads;
  };
  bool is_unused(std::byte* data) {
    auto& reads = blocks_.at(data).reads;
    if (!are_past(reads)) return false;
    reads.clear();
    return true;
  }

  std::mutex mutex_;
  std::unordered_map<std::byte*, Pinned> blocks_;
  std::multimap<std::int64_t, std::byte*> free_;  // by size
};

PinnedBlocks& pinned_blocks() {
  static auto* blocks = new PinnedBlocks;
  return *blocks;
}

CachingAllocator& checked_allocator(int device) {
  check(0 <= device && device < device_count(), "expected a CUDA device in [0, ", device_count(),
        "), got ", device);
  return allocator_of(device);
}

}  // namespace

std::byte* allocate(int device, std::int64_t bytes) {
  if (bytes == 0) return nullptr;
  return allocator_of(device).allocate(bytes, stream_of(device));
}
void deallocate(int device, std::byte* data) noexcept {
  try {
    allocator_of(device).deallocate(data);
  } catch (const Error&) {
    // The device is broken, and so nobody gets this block any more. What broke it is said to
    // whoever waits for the device.
  }
}

std::int64_t memory_allocated(int device) { return checked_allocator(device).allocated(); }
std::int64_t max_memory_allocated(int device) { return checked_allocator(device).most_allocated(); }
void reset_peak_memory_stats(int device) { checked_allocator(device).reset_peak(); }
std::int64_t memory_reserved(int device) { return checked_allocator(device).reserved(); }
void empty_cache(int device) { checked_allocator(device).empty_cache(); }
std::string memory_summary(int device) { return checked_allocator(device).summary(); }

void record_stream(const Tensor& t, const Stream& stream) {
  check(t.device().type == Device::Type::cuda,
        "record_stream: expected a tensor on cuda, got one on ", t.device());
  allocator_of(t.device().index).add_user(t.storage().data(), stream);
}

Tensor empty_pinned(const Shape& shape, DType dtype) {
  check(is_available(), "empty_pinned: there is no CUDA device to pin memory for");
  const std::int64_t bytes = numel(shape) * size_of(dtype);
  std::byte* data = pinned_blocks().allocate(bytes);
  const std::shared_ptr<void> owner(
      data, [](void* pinned) { pinned_blocks().deallocate(static_cast<std::byte*>(pinned)); });
  return Tensor(Storage(data, bytes, cpu, owner), Layout(shape), dtype);
}

void record_pinned(const Storage& storage, int, cudaStream_t stream) {
  pinned_blocks().record(storage.data(), stream);
}

}  // namespace cuda

Tensor Tensor::pin_memory() const {
  check(device() == cpu, "pin_memory: only tensors on the cpu can be pinned, got one on ",
        device());
  check(cuda::is_available(), "pin_memory: there is no CUDA device to pin memory for");
  if (is_pinned()) return *this;
  return cuda::empty_pinned(shape(), dtype()).copy_(detach());
}
bool Tensor::is_pinned() const {
  return device() == cpu && cuda::pinned_blocks().contains(storage().data());
}

}  // namespace kindling
