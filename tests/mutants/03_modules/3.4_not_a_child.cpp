/// Remembers the layer, but does not make it a child: nobody lists, switches or deletes it.
/// \caught the names of the children after one append()
Sequential& Sequential::append(std::unique_ptr<Module> layer) {
  check(layer != nullptr, "Sequential: got a null pointer");
  layers_.push_back(layer.release());
  return *this;
}
