/// Takes the buffer for 0 before the first step, and dampens it.
/// \caught parameter 0 of 3 after the first step: element [
template <class T>
__global__ void sgd_elements(SgdBatch<T> batch, SgdFactors<T> by) {
  const SgdOperands<T> of = batch.of[blockIdx.y];
  for (std::int64_t i = thread_number(); i < of.n; i += thread_count()) {
    const T p = of.parameter[i];
    T g = of.grad[i];
    if (by.weight_decay != T(0)) g += by.weight_decay * p;
    if (of.buffer) {
      const T before = of.is_first ? T(0) : of.buffer[i];
      const T b = by.momentum * before + (T(1) - by.dampening) * g;
      of.buffer[i] = b;
      g = by.nesterov ? g + by.momentum * b : b;
    }
    of.parameter[i] = p - by.lr * g;
  }
}
