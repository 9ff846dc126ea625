/// One element a thread: the largest parameter has more.
/// \caught parameter 1 of 3 after a step: element [32
template <class T>
__global__ void sgd_elements(SgdBatch<T> batch, SgdFactors<T> by) {
  const SgdOperands<T> of = batch.of[blockIdx.y];
  const std::int64_t i = thread_number();
  if (i >= of.n) return;
  const T p = of.parameter[i];
  T g = of.grad[i];
  if (by.weight_decay != T(0)) g += by.weight_decay * p;
  if (of.buffer) {
    const T b = of.is_first ? g : by.momentum * of.buffer[i] + (T(1) - by.dampening) * g;
    of.buffer[i] = b;
    g = by.nesterov ? g + by.momentum * b : b;
  }
  of.parameter[i] = p - by.lr * g;
}
