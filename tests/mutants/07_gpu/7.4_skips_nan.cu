/// Leaves NaN out of the sum.
/// \caught_at_random softmax of
template <class T, int held, bool log>
__global__ void softmax_of_warps(const T* x, T* y, std::int64_t rows, int n) {
  const std::int64_t row = static_cast<std::int64_t>(blockIdx.x) * blockDim.y + threadIdx.y;
  if (row >= rows) return;
  x += row * n;
  y += row * n;
  T mine[held];
  T largest = -std::numeric_limits<T>::infinity();
#pragma unroll  // or `mine` would not be in registers
  for (int k = 0; k < held; ++k) {
    const int i = static_cast<int>(threadIdx.x) + 32 * k;
    mine[k] = i < n ? x[i] : -std::numeric_limits<T>::infinity();
    largest = mine[k] > largest ? mine[k] : largest;
  }
  largest = warp_max(largest);

  T sum = 0;
#pragma unroll
  for (int k = 0; k < held; ++k) {
    const T shifted = mine[k] - largest;
    const T power = std::exp(shifted);
    if (static_cast<int>(threadIdx.x) + 32 * k < n && power == power) sum += power;
    mine[k] = log ? shifted : power;
  }
  sum = warp_sum(sum);

  const T log_sum = std::log(sum);
#pragma unroll
  for (int k = 0; k < held; ++k) {
    const int i = static_cast<int>(threadIdx.x) + 32 * k;
    if (i < n) y[i] = log ? mine[k] - log_sum : mine[k] / sum;
  }
}
