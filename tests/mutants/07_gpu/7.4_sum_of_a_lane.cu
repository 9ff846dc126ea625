/// Divides by the sum of a lane's own elements.
/// \caught softmax of 32 zeros: element [0, 0]: expected 0.03125, got 1
template <class T, int held, bool log>
__global__ void softmax_of_warps(const T* x, T* y, std::int64_t rows, int n) {
  const std::int64_t row = static_cast<std::int64_t>(blockIdx.x) * blockDim.y + threadIdx.y;
  if (row >= rows) return;
  x += row * n;
  y += row * n;
  T mine[held];
  T largest = -std::numeric_limits<T>::infinity(), sum = 0;
  for (int k = 0; k < held; ++k) {
    const int i = static_cast<int>(threadIdx.x) + 32 * k;
    mine[k] = i < n ? x[i] : -std::numeric_limits<T>::infinity();
    largest = mine[k] > largest ? mine[k] : largest;
  }
  largest = warp_max(largest);
  for (int k = 0; k < held; ++k) sum += std::exp(mine[k] - largest);
  for (int k = 0; k < held; ++k) {
    const int i = static_cast<int>(threadIdx.x) + 32 * k;
    const T shifted = mine[k] - largest;
    if (i < n) y[i] = log ? shifted - std::log(sum) : std::exp(shifted) / sum;
  }
}
