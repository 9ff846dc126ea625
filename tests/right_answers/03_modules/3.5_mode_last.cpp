/// The other way round: what training does comes first.
Tensor Dropout::forward(const Tensor& x) {
  const double kept = 1 - p_;
  if (is_training() && kept < 1) {
    if (kept == 0) return x * 0;
    Tensor mask(x.shape(), x.dtype(), x.device());
    {
      NoGrad guard;
      mask.bernoulli_(kept);
    }
    const Tensor scaled = mask / kept;
    return scaled * x;
  }
  return x;
}
