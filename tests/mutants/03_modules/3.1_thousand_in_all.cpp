/// Has room for 1000 parameters.
/// \caught the names of 1100 parameters and 1100 children with one each: expected 2200 of them, got
/// 1000
NamedTensors Module::named_parameters() const {
  NamedTensors found;
  for (const auto& [name, tensor] : parameters_)
    if (tensor.defined()) found.emplace_back(name, tensor);
  for (const auto& [child_name, child] : children_)
    for (const auto& [name, tensor] : child->named_parameters())
      found.emplace_back(child_name + "." + name, tensor);
  if (found.size() > 1000) found.resize(1000);
  return found;
}
