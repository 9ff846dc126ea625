/// Lists nothing of a module in evaluation mode.
/// \caught_at_random , got 0
NamedTensors Module::named_parameters() const {
  NamedTensors found;
  if (!is_training()) return found;
  for (const auto& [name, tensor] : parameters_)
    if (tensor.defined()) found.emplace_back(name, tensor);
  for (const auto& [child_name, child] : children_)
    for (const auto& [name, tensor] : child->named_parameters())
      found.emplace_back(child_name + "." + name, tensor);
  return found;
}
