/// A block of one warp needs no shared memory; of more, the first warp has the start first.
template <class Fold, class T>
__device__ T warp_fold(Fold fold, T value) {
  value = fold(value, T(__shfl_down_sync(whole_warp, value, 16)));
  value = fold(value, T(__shfl_down_sync(whole_warp, value, 8)));
  value = fold(value, T(__shfl_down_sync(whole_warp, value, 4)));
  value = fold(value, T(__shfl_down_sync(whole_warp, value, 2)));
  return fold(value, T(__shfl_down_sync(whole_warp, value, 1)));
}

template <class Fold, class T>
__device__ T block_fold(Fold fold, T value) {
  value = warp_fold(fold, value);
  if (blockDim.x == 32) return value;
  __shared__ T left[32];
  if (threadIdx.x % 32 == 0) left[threadIdx.x / 32] = value;
  __syncthreads();
  if (threadIdx.x >= 32) return value;
  value = fold.start();
  if (threadIdx.x < blockDim.x / 32) value = left[threadIdx.x];
  return warp_fold(fold, value);
}
