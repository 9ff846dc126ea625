/// Calls the first thousand.
/// \caught [0] through 1100 times "plus 1": element [0]: expected 1100, got 1000
Sequential& Sequential::append(std::unique_ptr<Module> layer) {
  layers_.push_back(&add(std::to_string(size()), std::move(layer)));
  return *this;
}

Tensor Sequential::forward(const Tensor& x) {
  Tensor y = x;
  for (std::size_t i = 0; i < std::min<std::size_t>(layers_.size(), 1000); ++i) {
    Module* layer = layers_[i];
    y = (*layer)(y);
  }
  return y;
}
