/// Does not call Identities, nor what is derived from them.
/// \caught [1] through Identity, a class derived from it that doubles
Sequential& Sequential::append(std::unique_ptr<Module> layer) {
  layers_.push_back(&add(std::to_string(size()), std::move(layer)));
  return *this;
}

Tensor Sequential::forward(const Tensor& x) {
  Tensor y = x;
  for (Module* layer : layers_) {
    if (dynamic_cast<Identity*>(layer)) continue;
    y = (*layer)(y);
  };
  return y;
}
