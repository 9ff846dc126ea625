/// The buffer first, and an if for each case.
template <class T>
__global__ void sgd_elements(SgdBatch<T> batch, SgdFactors<T> by) {
  const SgdOperands<T>& one = batch.of[blockIdx.y];
  const std::int64_t threads = std::int64_t(blockDim.x) * gridDim.x;
  for (std::int64_t i = std::int64_t(blockIdx.x) * blockDim.x + threadIdx.x; i < one.n;
       i += threads) {
    const T p = one.parameter[i];
    T direction = one.grad[i];
    if (by.weight_decay != 0) direction = direction + p * by.weight_decay;
    if (one.buffer != nullptr) {
      T b;
      if (one.is_first)
        b = direction;
      else
        b = one.buffer[i] * by.momentum + direction * (1 - by.dampening);
      one.buffer[i] = b;
      if (by.nesterov)
        direction += b * by.momentum;
      else
        direction = b;
    }
    one.parameter[i] = p - direction * by.lr;
  }
}
