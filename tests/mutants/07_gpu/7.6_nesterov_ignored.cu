/// Steps by the buffer, with Nesterov and without.
/// \caught parameter 0 of 3 after the first step: element [
template <class T>
__global__ void sgd_elements(SgdBatch<T> batch, SgdFactors<T> by) {
  const SgdOperands<T> of = batch.of[blockIdx.y];
  for (std::int64_t i = thread_number(); i < of.n; i += thread_count()) {
    const T p = of.parameter[i];
    T g = of.grad[i];
    if (by.weight_decay != T(0)) g += by.weight_decay * p;
    if (of.buffer) {
      g = of.is_first ? g : by.momentum * of.buffer[i] + (T(1) - by.dampening) * g;
      of.buffer[i] = g;
    }
    of.parameter[i] = p - by.lr * g;
  }
}
