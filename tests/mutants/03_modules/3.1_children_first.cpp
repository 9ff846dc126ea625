/// Lists the children's parameters before the module's own.
/// \caught at [0] expected bias, got below.scale
NamedTensors Module::named_parameters() const {
  NamedTensors found;
  for (const auto& [child_name, child] : children_)
    for (const auto& [name, tensor] : child->named_parameters())
      found.emplace_back(child_name + "." + name, tensor);
  for (const auto& [name, tensor] : parameters_)
    if (tensor.defined()) found.emplace_back(name, tensor);
  return found;
}
