/// Refuses a null pointer itself, and keeps every output until the end of the call.
Sequential& Sequential::append(std::unique_ptr<Module> layer) {
  check(layer != nullptr, "Sequential: layer ", size(), " got a null pointer");
  layers_.reserve(layers_.size() + 1);
  layers_.push_back(&add(std::to_string(size()), std::move(layer)));
  return *this;
}

Tensor Sequential::forward(const Tensor& x) {
  Tensors outputs{x};
  for (std::int64_t i = 0; i < size(); ++i) outputs.push_back(layers_[i]->forward(outputs[i]));
  return outputs.back();
}
