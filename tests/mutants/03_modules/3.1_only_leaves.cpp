/// Leaves out what is the result of an operation.
/// \caught_at_random the list after some parameters were replaced, how many: expected
NamedTensors Module::named_parameters() const {
  NamedTensors found;
  for (const auto& [name, tensor] : parameters_)
    if (tensor.defined() && tensor.is_leaf()) found.emplace_back(name, tensor);
  for (const auto& [child_name, child] : children_)
    for (const auto& [name, tensor] : child->named_parameters())
      found.emplace_back(child_name + "." + name, tensor);
  return found;
}
