/// Names the first layer "1".
/// \caught after one append(): at [0] expected 0, got 1
Sequential& Sequential::append(std::unique_ptr<Module> layer) {
  layers_.push_back(&add(std::to_string(size() + 1), std::move(layer)));
  return *this;
}
