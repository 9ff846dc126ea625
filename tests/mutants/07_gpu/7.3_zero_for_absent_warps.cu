/// Takes 0 for the warps that are not there, whatever the fold.
/// \caught the largest of 600 elements, in each row: element [0]: expected -1, got 0
template <class Fold, class T>
__device__ T block_fold(Fold fold, T value) {
  __shared__ T of_warps[32];
  const unsigned lane = threadIdx.x % 32, warp = threadIdx.x / 32;
  value = warp_fold(fold, value);
  if (lane == 0) of_warps[warp] = value;
  __syncthreads();
  if (warp == 0) value = warp_fold(fold, lane < blockDim.x / 32 ? of_warps[lane] : T(0));
  return value;
}
