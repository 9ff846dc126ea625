/// Room for two digits.
/// \caught the module name "10" is taken
Sequential& Sequential::append(std::unique_ptr<Module> layer) {
  layers_.push_back(&add(std::to_string(size()).substr(0, 2), std::move(layer)));
  return *this;
}
