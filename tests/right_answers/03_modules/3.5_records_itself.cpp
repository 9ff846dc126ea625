/// One operation of its own, whose rule is the same product.
Tensor Dropout::forward(const Tensor& x) {
  if (p_ == 0 || !is_training()) return x;
  Tensor mask = empty_like(x);
  if (p_ < 1)
    mask.bernoulli_(1 - p_).mul_(1 / (1 - p_));
  else
    mask.zero_();
  const auto times_mask = [mask](const Tensor& t) {
    NoGrad guard;
    return t * mask;
  };
  return record(times_mask(x), "DropoutBackward", {x},
                [times_mask](const Tensor& grad) { return Tensors{times_mask(grad)}; });
}
