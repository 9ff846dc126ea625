/// Multiplies by 1 / s, and knows n beforehand.
template <class T, int held, bool log>
__global__ void softmax_of_warps(const T* x, T* y, std::int64_t rows, int n) {
  const std::int64_t row = std::int64_t(blockIdx.x) * blockDim.y + threadIdx.y;
  if (row < rows) {
    const int lane = threadIdx.x;
    T of_lane[held];
    T m = -std::numeric_limits<T>::infinity(), s = 0;
    for (int k = 0; k < held; ++k)
      if (lane + 32 * k < n) {
        of_lane[k] = x[row * n + lane + 32 * k];
        m = m != m || m > of_lane[k] ? m : of_lane[k];
      }
    m = warp_max(m);
    for (int k = 0; k < held; ++k)
      if (lane + 32 * k < n) s += std::exp(of_lane[k] - m);
    s = warp_sum(s);
    const T shift = log ? m + std::log(s) : m, factor = log ? T(1) : T(1) / s;
    for (int k = 0; k < held; ++k)
      if (lane + 32 * k < n)
        y[row * n + lane + 32 * k] =
            log ? of_lane[k] - m - std::log(s) : std::exp(of_lane[k] - shift) * factor;
  }
}
