#include <bit>

#include "cuda/walk.h"
#include "fused/sort.h"
#include "kindling/backend.h"

/// Sorting where everything happens at once: a network of comparisons whose partners do not depend
/// on the numbers. Source: Batcher, Sorting networks and their applications (1968).
namespace kindling::cuda {
namespace {

/// An order in which no two elements are equal, as the index decides between equals.
struct Order {
  bool descending;
  std::int64_t n;  // elements with an index from n on only fill a row up, and come last

  template <class T>
  __device__ bool operator()(T a, std::int64_t i, T b, std::int64_t j) const {
    if (i >= n || j >= n) return i < j;
    const bool smaller = a < b || (b != b && a == a), larger = b < a || (a != a && b == b);
    if (smaller || larger) return smaller != descending;
    return i < j;
  }
};

/// Puts the pair of elements `distance` apart that has this number in order. Runs of `length` are
/// ordered forwards and backwards by turns; two of them make one run in which each element has its
/// half, after a step with that distance, and so on with half of it.
template <class T>
__device__ void order_pair(const Order& comes_first, T* values, std::int64_t* indices,
                           std::int64_t pair, std::int64_t length, std::int64_t distance) {
  const std::int64_t i = pair / distance * 2 * distance + pair % distance, j = i + distance;
  const bool forwards = (i & length) == 0;
  const T a = values[i], b = values[j];
  const std::int64_t of_a = indices[i], of_b = indices[j];
  if (comes_first(a, of_a, b, of_b) == forwards) return;
  values[i] = b;
  values[j] = a;
  indices[i] = of_b;
  indices[j] = of_a;
}

/// Rows of n elements, filled up to `padded`.
template <class T>
__global__ void fill_rows(const T* x, std::int64_t rows, std::int64_t n, std::int64_t padded,
                          T* values, std::int64_t* indices) {
  for (std::int64_t i = thread_number(); i < rows * padded; i += thread_count()) {
    const std::int64_t at = i % padded;
    values[i] = at < n ? x[i / padded * n + at] : T(0);
    indices[i] = at;
  }
}

/// One step of all rows.
template <class T>
__global__ void order_pairs(Order comes_first, T* values, std::int64_t* indices, std::int64_t rows,
                            std::int64_t padded, std::int64_t length, std::int64_t distance) {
  const std::int64_t pairs = padded / 2;
  for (std::int64_t p = thread_number(); p < rows * pairs; p += thread_count()) {
    const std::int64_t row = p / pairs * padded;
    order_pair(comes_first, values + row, indices + row, p % pairs, length, distance);
  }
}

constexpr int longest_shared = 1024;

/// All steps for rows of at most `longest_shared`: a block keeps its row in shared memory.
template <class T>
__global__ void sort_short_rows(Order comes_first, T* values, std::int64_t* indices, int padded) {
  __shared__ T value_of[longest_shared];
  __shared__ std::int64_t index_of[longest_shared];
  values += static_cast<std::int64_t>(blockIdx.x) * padded;
  indices += static_cast<std::int64_t>(blockIdx.x) * padded;
  for (int i = static_cast<int>(threadIdx.x); i < padded; i += static_cast<int>(blockDim.x)) {
    value_of[i] = values[i];
    index_of[i] = indices[i];
  }
  for (int length = 2; length <= padded; length *= 2)
    for (int distance = length / 2; distance > 0; distance /= 2) {
      __syncthreads();
      for (int pair = static_cast<int>(threadIdx.x); pair < padded / 2;
           pair += static_cast<int>(blockDim.x))
        order_pair(comes_first, value_of, index_of, pair, length, distance);
    }
  __syncthreads();
  for (int i = static_cast<int>(threadIdx.x); i < padded; i += static_cast<int>(blockDim.x)) {
    values[i] = value_of[i];
    indices[i] = index_of[i];
  }
}

template <class T>
void sort_padded(const Order& order, const Tensor& values, const Tensor& indices) {
  const std::int64_t rows = values.size(0), padded = values.size(1);
  const cudaStream_t stream = stream_of(values);
  T* of_values = values.data_ptr<T>();
  auto* of_indices = indices.data_ptr<std::int64_t>();
  if (padded <= longest_shared) {
    const std::int64_t threads = std::clamp<std::int64_t>(padded / 2, 32, 512);
    for_each_grid(rows, max_grid_size().x, 1, [&](std::int64_t first, std::int64_t count) {
      launch(sort_short_rows<T>, Grid{count, threads, 0, stream}, order, of_values + first * padded,
             of_indices + first * padded, static_cast<int>(padded));
    });
    return;
  }
  for (std::int64_t length = 2; length <= padded; length *= 2)
    for (std::int64_t distance = length / 2; distance > 0; distance /= 2)
      launch(order_pairs<T>, grid_for(rows * padded / 2, stream), order, of_values, of_indices,
             rows, padded, length, distance);
}

void sort_rows(const Tensor& x, bool descending, const Tensor& values, const Tensor& indices) {
  const std::int64_t rows = x.size(0), n = x.size(1), k = values.size(1);
  const auto padded = static_cast<std::int64_t>(std::bit_ceil(static_cast<std::uint64_t>(n)));
  const Tensor all_values({rows, padded}, x.dtype(), x.device());
  const Tensor all_indices({rows, padded}, int64, x.device());
  dispatch(x.dtype(), [&]<class T>() {
    launch(fill_rows<T>, grid_for(rows * padded, stream_of(x)), x.data_ptr<T>(), rows, n, padded,
           all_values.data_ptr<T>(), all_indices.data_ptr<std::int64_t>());
    sort_padded<T>(Order{descending, n}, all_values, all_indices);
  });
  const auto first = [k](const Tensor& all) {
    return Tensor(all.storage(), slice(all.layout(), 1, 0, k, 1), all.dtype());
  };
  backend(x.device()).copy(first(all_values), values);
  backend(x.device()).copy(first(all_indices), indices);
}

[[maybe_unused]] const bool is_there = kindling::sort_rows.provide(Device::Type::cuda, sort_rows);

}  // namespace
}  // namespace kindling::cuda
