/// Lanes hand doubles on as float.
/// \caught_at_random  rows of
template <class Fold, class T>
__device__ T warp_fold(Fold fold, T value) {
  for (int distance = 16; distance > 0; distance /= 2)
    value = fold(
        value,
        static_cast<T>(__shfl_down_sync(
            whole_warp, std::conditional_t<std::is_same_v<T, double>, float, T>(value), distance)));
  return value;
}

template <class Fold, class T>
__device__ T block_fold(Fold fold, T value) {
  __shared__ T of_warps[32];
  const unsigned lane = threadIdx.x % 32, warp = threadIdx.x / 32;
  value = warp_fold(fold, value);
  if (lane == 0) of_warps[warp] = value;
  __syncthreads();
  if (warp == 0) value = warp_fold(fold, lane < blockDim.x / 32 ? of_warps[lane] : fold.start());
  return value;
}
