/// The mask names half of the warp, though all of it comes.
/// \caught at exercises/07_gpu/reduce.cu:
template <class Fold, class T>
__device__ T warp_fold(Fold fold, T value) {
  for (int distance = 16; distance > 0; distance /= 2)
    value = fold(value, static_cast<T>(__shfl_down_sync(0xffffU, value, distance)));
  return value;
}
