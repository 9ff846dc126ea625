/// Makes the layer a child, but does not remember it: forward() finds no layers.
/// \caught [1, -1] through "times 2"
Sequential& Sequential::append(std::unique_ptr<Module> layer) {
  add(std::to_string(size()), std::move(layer));
  return *this;
}
