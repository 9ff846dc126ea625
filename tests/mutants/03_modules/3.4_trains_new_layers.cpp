/// Puts a new layer into the mode of the Sequential.
/// \caught_at_random , got layer number
Sequential& Sequential::append(std::unique_ptr<Module> layer) {
  layers_.push_back(&add(std::to_string(size()), std::move(layer)));
  layers_.back()->train(is_training());
  return *this;
}

Tensor Sequential::forward(const Tensor& x) {
  Tensor y = x;
  for (Module* layer : layers_) y = (*layer)(y);
  return y;
}
