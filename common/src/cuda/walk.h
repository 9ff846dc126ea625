#pragma once
#include <algorithm>

#include "cuda/runtime.h"
#include "kindling/cpu_backend.h"

/// How kernels find the elements of operands that lie anyhow.
namespace kindling::cuda {

/// The walk of chapter 1 (kindling::Walk) in a form that a kernel can be given by value: from the
/// number of an element in row-major order to where it lies in each operand.
template <int operands>
struct Strided {
  static constexpr int max_rank = 12;  // once neighbouring axes are merged
  std::int64_t n;                      // elements
  int rank;
  std::int64_t lengths[max_rank];
  std::int64_t strides[operands][max_rank];

  struct Offsets {
    std::int64_t of[operands];
  };

  __device__ Offsets at(std::int64_t i) const {
    Offsets offsets{};
    if (rank <= 1) {
      for (int o = 0; o < operands; ++o) offsets.of[o] = rank == 0 ? 0 : i * strides[o][0];
    } else if (n <= INT32_MAX) {  // a division of 64 bits takes several times as long
      walk(static_cast<std::uint32_t>(i), offsets);
    } else {
      walk(static_cast<std::uint64_t>(i), offsets);
    }
    return offsets;
  }

 private:
  template <class Index>
  __device__ void walk(Index i, Offsets& offsets) const {
    for (int axis = rank - 1; axis >= 0; --axis) {
      const Index length = static_cast<Index>(lengths[axis]);
      const Index index = axis > 0 ? i % length : i;
      i /= length;
      for (int o = 0; o < operands; ++o)
        offsets.of[o] += static_cast<std::int64_t>(index) * strides[o][axis];
    }
  }
};

/// \param layouts all of one shape
template <class... Layouts>
Strided<sizeof...(Layouts)> strided(const Layouts&... layouts) {
  constexpr int operands = sizeof...(Layouts);
  Walk walk({&layouts...});
  merge_axes(walk);
  Strided<operands> out{};
  out.n = numel(walk.shape);
  out.rank = static_cast<int>(walk.shape.size());
  check(out.rank <= out.max_rank, "cuda: expected operands with at most ", int{out.max_rank},
        " axes that cannot be merged, got ", out.rank);
  for (int axis = 0; axis < out.rank; ++axis) {
    out.lengths[axis] = walk.shape[axis];
    for (int o = 0; o < operands; ++o) out.strides[o][axis] = walk.strides[o][axis];
  }
  return out;
}

/// The types that arithmetic is done in; bool is computed as int64 by the layer above.
template <class F>
void dispatch_number(DType dtype, F&& f) {
  check(dtype != bool_, "backend: no arithmetic on bool");
  dispatch(dtype, [&]<class T>() {
    if constexpr (!std::is_same_v<T, bool>) f.template operator()<T>();
  });
}

// A grid ends at 2³¹ − 1 blocks along x, and at 65,535 along y and z, and tensors do not. There are
// two ways on: a kernel whose threads take one element after the other in a grid-stride loop, by
// grid_for(); or several launches, by for_each_grid().

constexpr int block_threads = 256;

/// One thread an element, up to so many that a grid-stride loop does the rest. n > 0.
inline Grid grid_for(std::int64_t n, cudaStream_t stream) {
  const std::int64_t most = std::min<std::int64_t>(max_grid_size().x, 1 << 20);
  const std::int64_t threads = std::min<std::int64_t>(block_threads, (n + 31) / 32 * 32);
  return {std::min((n + threads - 1) / threads, most), threads, 0, stream};
}

/// Calls launch_part(first, count) for parts of [0, n), one after the other, none of which takes
/// more than `most_blocks` blocks of `each`.
template <class LaunchPart>
void for_each_grid(std::int64_t n, std::int64_t most_blocks, std::int64_t each,
                   LaunchPart&& launch_part) {
  const std::int64_t most = most_blocks * each;
  for (std::int64_t first = 0; first < n; first += most)
    launch_part(first, std::min(most, n - first));
}

/// How many blocks of `each` it takes for n.
constexpr std::int64_t blocks_for(std::int64_t n, std::int64_t each) {
  return (n + each - 1) / each;
}

/// The number of this thread in the grid, and of all threads: where a grid-stride loop begins, and
/// its step.
__device__ inline std::int64_t thread_number() {
  return static_cast<std::int64_t>(blockIdx.x) * blockDim.x + threadIdx.x;
}
__device__ inline std::int64_t thread_count() {
  return static_cast<std::int64_t>(gridDim.x) * blockDim.x;
}

/// Whether rows of memory can be read by 16 bytes at a time from here.
inline bool is_aligned(const void* data) {
  return reinterpret_cast<std::uintptr_t>(data) % 16 == 0;
}

}  // namespace kindling::cuda
