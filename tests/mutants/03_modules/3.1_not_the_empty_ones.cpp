/// Takes a tensor without elements for one that is absent.
/// \caught_at_random how many: expected
NamedTensors Module::named_parameters() const {
  NamedTensors found;
  for (const auto& [name, tensor] : parameters_)
    if (tensor.defined() && tensor.numel() > 0) found.emplace_back(name, tensor);
  for (const auto& [child_name, child] : children_)
    for (const auto& [name, tensor] : child->named_parameters())
      found.emplace_back(child_name + "." + name, tensor);
  return found;
}
