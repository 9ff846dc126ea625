/// Lists a child's parameters under their own names, without the child's in front.
/// \caught at [1] expected below.scale, got scale
NamedTensors Module::named_parameters() const {
  NamedTensors found;
  for (const auto& [name, tensor] : parameters_)
    if (tensor.defined()) found.emplace_back(name, tensor);
  for (const auto& [child_name, child] : children_)
    for (const auto& [name, tensor] : child->named_parameters()) found.emplace_back(name, tensor);
  return found;
}
