/// Goes down eight levels, and no further.
/// \caught how many parameters there are below 700 levels: expected 1, got 0
NamedTensors Module::named_parameters() const {
  static thread_local int depth = 0;
  NamedTensors found;
  for (const auto& [name, tensor] : parameters_)
    if (tensor.defined()) found.emplace_back(name, tensor);
  if (depth == 8) return found;
  ++depth;
  for (const auto& [child_name, child] : children_)
    for (const auto& [name, tensor] : child->named_parameters())
      found.emplace_back(child_name + "." + name, tensor);
  --depth;
  return found;
}
