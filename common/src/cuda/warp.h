#pragma once
#include "kindling/kernel.h"

/// What the 32 threads of a warp compute together, by handing values from register to register.
namespace kindling::cuda {

constexpr unsigned whole_warp = 0xffffffffU;

/// The sum of all lanes' values, in every lane.
template <class T>
__device__ T warp_sum(T value) {
  for (int distance = 16; distance > 0; distance /= 2)
    value += __shfl_xor_sync(whole_warp, value, distance);
  return value;
}

/// The largest of all lanes' values, in every lane; NaN if one is.
template <class T>
__device__ T warp_max(T value) {
  for (int distance = 16; distance > 0; distance /= 2) {
    const T other = __shfl_xor_sync(whole_warp, value, distance);
    value = other > value || other != other ? other : value;
  }
  return value;
}

}  // namespace kindling::cuda
