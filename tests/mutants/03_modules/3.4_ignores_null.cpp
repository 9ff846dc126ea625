/// Silently does nothing for a null pointer.
/// \caught append(nullptr): expected an Error, and none was thrown
Sequential& Sequential::append(std::unique_ptr<Module> layer) {
  if (layer != nullptr) layers_.push_back(&add(std::to_string(size()), std::move(layer)));
  return *this;
}
