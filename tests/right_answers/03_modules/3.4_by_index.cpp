/// An index, and forward() by its name.
Sequential& Sequential::append(std::unique_ptr<Module> layer) {
  Module& added = add(std::to_string(layers_.size()), std::move(layer));
  layers_.emplace_back(&added);
  return *this;
}

Tensor Sequential::forward(const Tensor& x) {
  if (layers_.empty()) return x;
  Tensor y = layers_.front()->forward(x);
  for (std::size_t i = 1; i < layers_.size(); ++i) y = layers_[i]->forward(y);
  return y;
}
