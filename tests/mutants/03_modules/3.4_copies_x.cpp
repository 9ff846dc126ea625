/// Gives the first layer a copy of x.
/// \caught_at_random expected that of x from element 0 on, got its own | whether x itself came out: expected true, got false
Sequential& Sequential::append(std::unique_ptr<Module> layer) {
  layers_.push_back(&add(std::to_string(size()), std::move(layer)));
  return *this;
}

Tensor Sequential::forward(const Tensor& x) {
  Tensor y = layers_.empty() ? x : x.clone();
  for (Module* layer : layers_) y = (*layer)(y);
  return y;
}
