/// The first warp does not wait for the others.
/// \caught reads shared memory before anybody has written it at exercises/07_gpu/reduce.cu:
template <class Fold, class T>
__device__ T block_fold(Fold fold, T value) {
  __shared__ T of_warps[32];
  const unsigned lane = threadIdx.x % 32, warp = threadIdx.x / 32;
  value = warp_fold(fold, value);
  if (lane == 0) of_warps[warp] = value;
  if (warp == 0) value = warp_fold(fold, lane < blockDim.x / 32 ? of_warps[lane] : fold.start());
  return value;
}
