/// Calls the same layer object that comes again behind itself only once.
/// \caught_at_random ?
Sequential& Sequential::append(std::unique_ptr<Module> layer) {
  layers_.push_back(&add(std::to_string(size()), std::move(layer)));
  return *this;
}

Tensor Sequential::forward(const Tensor& x) {
  Tensor y = x;
  for (Module* layer : layers_) {
    const Tensor next = (*layer)(y);
    if (next.shared_impl() == y.shared_impl()) break;
    y = next;
  }
  return y;
}
