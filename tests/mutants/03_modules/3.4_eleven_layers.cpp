/// Calls the first eleven layers.
/// \caught through 1100 times "plus 1"
Sequential& Sequential::append(std::unique_ptr<Module> layer) {
  layers_.push_back(&add(std::to_string(size()), std::move(layer)));
  return *this;
}

Tensor Sequential::forward(const Tensor& x) {
  Tensor y = x;
  for (std::size_t i = 0; i < std::min<std::size_t>(layers_.size(), 11); ++i) y = (*layers_[i])(y);
  return y;
}
