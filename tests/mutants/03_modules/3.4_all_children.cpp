/// Calls all children, also those of a subclass that are no layers.
/// \caught_at_random layers(x)
Sequential& Sequential::append(std::unique_ptr<Module> layer) {
  layers_.push_back(&add(std::to_string(size()), std::move(layer)));
  return *this;
}

Tensor Sequential::forward(const Tensor& x) {
  Tensor y = x;
  for (const auto& [name, layer] : named_children()) y = (*layer)(y);
  return y;
}
