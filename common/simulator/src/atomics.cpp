#include <cstdlib>

#include "cuda_simulator/device_words.h"

namespace cuda_simulator {

template <class Bits>
static bool swap(void* address, std::uint64_t& expected, std::uint64_t wanted) {
  auto before = static_cast<Bits>(expected);
  const bool swapped =
      __atomic_compare_exchange_n(static_cast<Bits*>(address), &before, static_cast<Bits>(wanted),
                                  false, __ATOMIC_RELAXED, __ATOMIC_RELAXED);
  expected = before;
  return swapped;
}

std::uint64_t load_atomically(const void* address, int bytes) noexcept {
  switch (bytes) {
    case 2:
      return __atomic_load_n(static_cast<const std::uint16_t*>(address), __ATOMIC_RELAXED);
    case 4:
      return __atomic_load_n(static_cast<const std::uint32_t*>(address), __ATOMIC_RELAXED);
    case 8:
      return __atomic_load_n(static_cast<const std::uint64_t*>(address), __ATOMIC_RELAXED);
    default:
      std::abort();  // CUDA has no others
  }
}

bool swap_atomically(void* address, int bytes, std::uint64_t& expected,
                     std::uint64_t wanted) noexcept {
  switch (bytes) {
    case 2:
      return swap<std::uint16_t>(address, expected, wanted);
    case 4:
      return swap<std::uint32_t>(address, expected, wanted);
    case 8:
      return swap<std::uint64_t>(address, expected, wanted);
    default:
      std::abort();
  }
}

}  // namespace cuda_simulator
