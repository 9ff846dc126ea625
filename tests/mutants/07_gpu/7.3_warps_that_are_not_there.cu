/// Reads the places of all 32 warps, of which some have left nothing.
/// \caught shared memory that
template <class Fold, class T>
__device__ T block_fold(Fold fold, T value) {
  __shared__ T of_warps[32];
  const unsigned lane = threadIdx.x % 32, warp = threadIdx.x / 32;
  value = warp_fold(fold, value);
  if (lane == 0) of_warps[warp] = value;
  __syncthreads();
  if (warp == 0) value = warp_fold(fold, of_warps[lane]);
  return value;
}
