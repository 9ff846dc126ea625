/// Goes through the layers from the last to the first.
/// \caught "times -3"
Tensor Sequential::forward(const Tensor& x) {
  Tensor y = x;
  for (std::int64_t i = size() - 1; i >= 0; --i) y = (*layers_[i])(y);
  return y;
}
