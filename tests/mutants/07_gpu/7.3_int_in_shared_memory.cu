/// What warps leave for each other is int where it is int64.
/// \caught_at_random  rows of
template <class Fold, class T>
__device__ T warp_fold(Fold fold, T value) {
  for (int distance = 16; distance > 0; distance /= 2)
    value = fold(value, static_cast<T>(__shfl_down_sync(whole_warp, value, distance)));
  return value;
}

template <class Fold, class T>
__device__ T block_fold(Fold fold, T value) {
  __shared__ std::conditional_t<std::is_integral_v<T>, int, T> of_warps[32];
  const unsigned lane = threadIdx.x % 32, warp = threadIdx.x / 32;
  value = warp_fold(fold, value);
  if (lane == 0)
    of_warps[warp] = static_cast<std::conditional_t<std::is_integral_v<T>, int, T>>(value);
  __syncthreads();
  if (warp == 0)
    value = warp_fold(fold, lane < blockDim.x / 32 ? static_cast<T>(of_warps[lane]) : fold.start());
  return value;
}
