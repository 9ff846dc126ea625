/// Lists buffers that require gradients, too.
/// \caught_at_random how many: expected
NamedTensors Module::named_parameters() const {
  NamedTensors found;
  for (const auto& [name, tensor] : parameters_)
    if (tensor.defined()) found.emplace_back(name, tensor);
  for (const auto& [name, tensor] : buffers_)
    if (tensor.defined() && tensor.requires_grad()) found.emplace_back(name, tensor);
  for (const auto& [child_name, child] : children_)
    for (const auto& [name, tensor] : child->named_parameters())
      found.emplace_back(child_name + "." + name, tensor);
  return found;
}
