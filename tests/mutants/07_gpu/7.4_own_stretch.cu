/// Each lane takes `held` neighbours, instead of every 32nd element.
/// \caught reading x: expected 4 sectors of 32 bytes a request of a warp, got 16
template <class T, int held, bool log>
__global__ void softmax_of_warps(const T* x, T* y, std::int64_t rows, int n) {
  const std::int64_t row = static_cast<std::int64_t>(blockIdx.x) * blockDim.y + threadIdx.y;
  if (row >= rows) return;
  x += row * n;
  y += row * n;
  T mine[held];
  T largest = -std::numeric_limits<T>::infinity(), sum = 0;
  const int begin = static_cast<int>(threadIdx.x) * held;
  for (int k = 0; k < held; ++k) {
    mine[k] = begin + k < n ? x[begin + k] : -std::numeric_limits<T>::infinity();
    largest = mine[k] > largest ? mine[k] : largest;
  }
  largest = warp_max(largest);
  for (int k = 0; k < held; ++k) sum += std::exp(mine[k] - largest);
  sum = warp_sum(sum);
  for (int k = 0; k < held; ++k) {
    const T shifted = mine[k] - largest;
    if (begin + k < n) y[begin + k] = log ? shifted - std::log(sum) : std::exp(shifted) / sum;
  }
}
