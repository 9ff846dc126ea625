#include <sys/mman.h>

#include <mutex>
#include <new>
#include <unordered_map>
#include <vector>

#include "kindling/cpu_backend.h"

namespace kindling {
namespace {

constexpr std::int64_t cache_line = 64;  // and one AVX-512 register
constexpr std::int64_t huge_page = 2 << 20;

/// Large blocks consist of huge pages: one entry of the processor's address table then serves 2 MB
/// instead of 4 KB, and one page fault as much. A transposed copy of [2048, 2048] took five sixths
/// of the time, a file of 400 MB was read in a quarter.
std::int64_t alignment_of(std::int64_t bytes) { return bytes < huge_page ? cache_line : huge_page; }

/// To whole cache lines, or whole huge pages.
std::int64_t rounded_up(std::int64_t bytes) {
  const std::int64_t unit = alignment_of(bytes);
  return bytes > INT64_MAX - unit ? bytes : (bytes + unit - 1) / unit * unit;
}

std::byte* take_from_system(std::int64_t bytes) {
  try {
    const auto size = static_cast<std::size_t>(bytes);
    void* data = ::operator new(size, std::align_val_t(alignment_of(bytes)));
#ifdef MADV_HUGEPAGE
    if (bytes >= huge_page) madvise(data, size, MADV_HUGEPAGE);
#endif
    return static_cast<std::byte*>(data);
  } catch (const std::bad_alloc&) {
    fail("out of memory: cannot allocate ", bytes, " bytes");
  }
}

void give_to_system(std::byte* data, std::int64_t bytes) noexcept {
  ::operator delete(data, static_cast<std::size_t>(bytes), std::align_val_t(alignment_of(bytes)));
}

/// Keeps what is freed for the next tensor of the same size: training asks for the same sizes again
/// and again. The system takes large blocks apart, and each of their pages costs a fault when it is
/// touched for the first time: a step of 784-512-256-10 took one and a half times as long.
class FreeBlocks {
 public:
  /// nullptr if there is none of this size.
  std::byte* take(std::int64_t bytes) {
    const std::scoped_lock lock(mutex_);
    const auto found = blocks_.find(bytes);
    if (found == blocks_.end() || found->second.empty()) return nullptr;
    std::byte* data = found->second.back();
    found->second.pop_back();
    held_ -= bytes;
    return data;
  }
  /// False if enough is kept already.
  bool keep(std::byte* data, std::int64_t bytes) noexcept {
    const std::scoped_lock lock(mutex_);
    if (held_ + bytes > most_) return false;
    try {
      blocks_[bytes].push_back(data);
    } catch (const std::bad_alloc&) {
      return false;
    }
    held_ += bytes;
    return true;
  }
  /// For when memory is short.
  void give_all_back() {
    const std::scoped_lock lock(mutex_);
    for (auto& [bytes, blocks] : blocks_)
      for (std::byte* data : blocks) give_to_system(data, bytes);
    blocks_.clear();
    held_ = 0;
  }

 private:
#ifdef __SANITIZE_ADDRESS__
  static constexpr std::int64_t most_ = 0;  // so that the use of freed memory is noticed
#else
  static constexpr std::int64_t most_ = 256 << 20;
#endif
  std::mutex mutex_;
  std::unordered_map<std::int64_t, std::vector<std::byte*>> blocks_;  // by size
  std::int64_t held_ = 0;
};

/// Never destroyed: tensors may be freed after it would be.
FreeBlocks& free_blocks() {
  static auto* blocks = new FreeBlocks;
  return *blocks;
}

}  // namespace

std::byte* CpuBackend::allocate(std::int64_t bytes) {
  const std::int64_t rounded = rounded_up(bytes);
  if (std::byte* data = free_blocks().take(rounded)) return data;
  try {
    return take_from_system(rounded);
  } catch (const Error&) {
    free_blocks().give_all_back();
  }
  return take_from_system(rounded);
}

void CpuBackend::deallocate(std::byte* data, std::int64_t bytes) noexcept {
  const std::int64_t rounded = rounded_up(bytes);
  if (!free_blocks().keep(data, rounded)) give_to_system(data, rounded);
}

}  // namespace kindling
