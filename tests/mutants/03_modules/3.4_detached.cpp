/// Cuts the graph between the layers.
/// \caught_at_random whether it requires gradients: expected true, got false | whether x itself came out: expected true, got false
Sequential& Sequential::append(std::unique_ptr<Module> layer) {
  layers_.push_back(&add(std::to_string(size()), std::move(layer)));
  return *this;
}

Tensor Sequential::forward(const Tensor& x) {
  Tensor y = x;
  for (Module* layer : layers_) y = (*layer)(y.detach());
  return y;
}
