/// Records nothing in evaluation mode.
/// \caught_at_random under NoGrad | whether it requires gradients: expected true, got false
Sequential& Sequential::append(std::unique_ptr<Module> layer) {
  layers_.push_back(&add(std::to_string(size()), std::move(layer)));
  return *this;
}

Tensor Sequential::forward(const Tensor& x) {
  std::optional<NoGrad> guard;
  if (!is_training()) guard.emplace();
  Tensor y = x;
  for (Module* layer : layers_) y = (*layer)(y);
  return y;
}
