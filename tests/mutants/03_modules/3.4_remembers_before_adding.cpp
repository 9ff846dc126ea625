/// Remembers the layer first: if add() throws, a null pointer stays in the list.
/// \caught the number of layers after the error: expected 1, got 2
Sequential& Sequential::append(std::unique_ptr<Module> layer) {
  layers_.push_back(layer.get());
  add(std::to_string(size() - 1), std::move(layer));
  return *this;
}
