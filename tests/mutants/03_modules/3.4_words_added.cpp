/// Adds the name of the class to the words of an Error.
/// \caught the words of the Error that a layer threw: expected of a layer, got
Sequential& Sequential::append(std::unique_ptr<Module> layer) {
  layers_.push_back(&add(std::to_string(size()), std::move(layer)));
  return *this;
}

Tensor Sequential::forward(const Tensor& x) {
  Tensor y = x;
  for (Module* layer : layers_) {
    try {
      y = (*layer)(y);
    } catch (const Error& e) {
      throw Error(std::string("Sequential: ") + e.what());
    }
  };
  return y;
}
