/// Loops over rows in double precision, on the CPU.
static Tensors log_softmax_backward(const Tensor& grad, const Saved& y, std::int64_t dim) {
  return {grad - exp(*y) * sum(grad, dim, true)};
}

Tensor log_softmax(const Tensor& x, std::int64_t at) {
  check(x.is_floating_point(), "log_softmax: expected a floating-point tensor, got ", x.dtype());
  const std::int64_t dim = normalize_dim("log_softmax", at, x.dim());
  Tensor y;
  {
    NoGrad guard;
    Tensor rows = x.detach();
    if (x.dim() > 0) rows = rows.transpose(dim, -1);
    rows = rows.to(cpu).clone();
    const std::int64_t n = x.dim() > 0 ? x.size(dim) : 1;
    dispatch(rows.dtype(), [&]<class T>() {
      if constexpr (std::is_floating_point_v<T>)
        for (std::int64_t begin = 0; begin < rows.numel(); begin += n) {
          T* row = rows.data_ptr<T>() + begin;
          T largest = row[0];
          for (std::int64_t i = 0; i < n; ++i)
            if (!(row[i] <= largest)) largest = row[i];
          double total = 0;
          for (std::int64_t i = 0; i < n; ++i) total += std::exp(double(row[i]) - double(largest));
          for (std::int64_t i = 0; i < n; ++i)
            row[i] = static_cast<T>(double(row[i]) - double(largest) - std::log(total));
        }
    });
    y = (x.dim() > 0 ? rows.transpose(dim, -1) : rows).to(x.device()).clone();
  }
  return record(y, "LogSoftmaxBackward0", {x}, [y = Saved(y), dim](const Tensor& grad) {
    return log_softmax_backward(grad, y, dim);
  });
}
