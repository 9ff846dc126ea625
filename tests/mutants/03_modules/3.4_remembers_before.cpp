/// Remembers the layer before its name is found to be taken.
/// \caught_at_random the number of layers after layers.append(
Sequential& Sequential::append(std::unique_ptr<Module> layer) {
  check(layer != nullptr, "Sequential: got a null pointer");
  layers_.push_back(layer.get());
  add(std::to_string(size() - 1), std::move(layer));
  return *this;
}

Tensor Sequential::forward(const Tensor& x) {
  Tensor y = x;
  for (Module* layer : layers_) y = (*layer)(y);
  return y;
}
