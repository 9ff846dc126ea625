/// Collects in one list that all threads share.
/// \caught_at_random ?
NamedTensors Module::named_parameters() const {
  static NamedTensors found;
  static int depth = 0;
  static std::string path;
  if (depth == 0) found.clear();
  for (const auto& [name, tensor] : parameters_)
    if (tensor.defined()) found.emplace_back(path + name, tensor);
  for (const auto& [child_name, child] : children_) {
    const std::string before = path;
    path += child_name + ".";
    ++depth;
    child->named_parameters();
    --depth;
    path = before;
  }
  if (depth > 0) return {};
  NamedTensors all;
  std::swap(all, found);
  return all;
}
