/// The pointer is taken first, and remembered when the child was added.
Sequential& Sequential::append(std::unique_ptr<Module> layer) {
  Module* const pointer = layer.get();
  const std::string name = std::to_string(size());
  add(name, std::move(layer));
  layers_.insert(layers_.end(), pointer);
  return *this;
}

Tensor Sequential::forward(const Tensor& x) {
  Tensor y = x;
  std::ranges::for_each(layers_, [&y](Module* layer) { y = (*layer)(std::exchange(y, Tensor())); });
  return y;
}
