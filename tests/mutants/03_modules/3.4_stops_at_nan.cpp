/// Stops at NaN.
/// \caught_at_random layers(x) | other(x)
Tensor Sequential::forward(const Tensor& x) {
  Tensor y = x;
  for (Module* layer : layers_) {
    if (y.is_floating_point() && y.numel() > 0 && any(isnan(y)).item<bool>()) return y;
    y = (*layer)(y);
  }
  return y;
}
