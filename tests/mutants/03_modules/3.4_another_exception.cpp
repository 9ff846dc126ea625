/// Makes an Error of whatever a layer throws.
/// \caught a layer threw std::bad_alloc, and something else came out
Sequential& Sequential::append(std::unique_ptr<Module> layer) {
  layers_.push_back(&add(std::to_string(size()), std::move(layer)));
  return *this;
}

Tensor Sequential::forward(const Tensor& x) {
  Tensor y = x;
  for (Module* layer : layers_) {
    try {
      y = (*layer)(y);
    } catch (const std::exception& e) {
      throw Error(e.what());
    }
  };
  return y;
}
