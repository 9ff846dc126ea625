/// Leaves the last layer out: off by one.
/// \caught [1, -1] through "times 2": element [0]: expected 2, got 1
Tensor Sequential::forward(const Tensor& x) {
  Tensor y = x;
  for (std::int64_t i = 0; i + 1 < size(); ++i) y = (*layers_[i])(y);
  return y;
}
