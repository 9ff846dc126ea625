/// Keeps σ(x) of the last call only.
/// \caught_at_random bytes are still held when all is over | the .grad of x after
static Tensor last_sigma;

static Tensors silu_backward(const Tensor& grad, const Saved& x) {
  const Tensor s = last_sigma.shape() == x->shape() && last_sigma.dtype() == x->dtype() &&
                           last_sigma.device() == x->device()
                       ? last_sigma
                       : sigmoid(*x);
  return {grad * (s + *x * s * (1 - s))};
}

Tensor silu(const Tensor& x) {
  check(x.is_floating_point(), "silu: expected a floating-point tensor, got ", x.dtype());
  Tensor y;
  {
    NoGrad guard;
    last_sigma = sigmoid(x);
    y = x * last_sigma;
  }
  return record(y, "SiluBackward0", {x},
                [x = Saved(x)](const Tensor& grad) { return silu_backward(grad, x); });
}
