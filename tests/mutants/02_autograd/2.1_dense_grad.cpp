/// Walks over dy as if it were dense.
/// \caught_at_random the rule of tanh
static Tensors tanh_backward(const Tensor& grad, const Saved& y) {
  const Tensor dx = empty_like(*y), dense = y->contiguous();
  if (y->device() != cpu) return {grad * (1 - *y * *y)};
  dispatch(y->dtype(), [&]<class T>() {
    if constexpr (std::is_floating_point_v<T>)
      for (std::int64_t i = 0; i < dx.numel(); ++i) {
        const T s = dense.data_ptr<T>()[i];
        dx.data_ptr<T>()[i] = grad.data_ptr<T>()[i] * (1 - s * s);
      }
  });
  return {dx};
}
