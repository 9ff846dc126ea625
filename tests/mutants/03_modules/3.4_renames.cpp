/// Takes another name where its own is taken.
/// \caught_at_random expected an Error, and none was thrown
Sequential& Sequential::append(std::unique_ptr<Module> layer) {
  std::string name = std::to_string(size());
  for (const auto& [taken, child] : named_children())
    if (taken == name) name += "'";
  layers_.push_back(&add(name, std::move(layer)));
  return *this;
}

Tensor Sequential::forward(const Tensor& x) {
  Tensor y = x;
  for (Module* layer : layers_) y = (*layer)(y);
  return y;
}
