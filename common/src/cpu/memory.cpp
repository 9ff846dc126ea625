#include <new>

#include "kindling/cpu_backend.h"

namespace kindling {

static constexpr std::align_val_t alignment{64};  // one cache line, and one AVX-512 register

std::byte* CpuBackend::allocate(std::int64_t bytes) {
  try {
    return static_cast<std::byte*>(::operator new(static_cast<std::size_t>(bytes), alignment));
  } catch (const std::bad_alloc&) {
    fail("out of memory: cannot allocate ", bytes, " bytes");
  }
}

void CpuBackend::deallocate(std::byte* data, std::int64_t bytes) noexcept {
  ::operator delete(data, static_cast<std::size_t>(bytes), alignment);
}

}  // namespace kindling
