/// Writes a momentum that was never asked for.
/// \caught at exercises/07_gpu/sgd.cu:
template <class T>
__global__ void sgd_elements(SgdBatch<T> batch, SgdFactors<T> by) {
  const SgdOperands<T> of = batch.of[blockIdx.y];
  for (std::int64_t i = thread_number(); i < of.n; i += thread_count()) {
    const T p = of.parameter[i];
    T g = of.grad[i] + by.weight_decay * p;
    const T b = of.is_first ? g : by.momentum * of.buffer[i] + (T(1) - by.dampening) * g;
    of.buffer[i] = b;
    of.parameter[i] = p - by.lr * (by.nesterov ? g + by.momentum * b : b);
  }
}
