/// Takes the parameters of each child, but not those of its children: no recursion.
/// \caught expected 10 of them, got 0
NamedTensors Module::named_parameters() const {
  NamedTensors found;
  for (const auto& [name, tensor] : parameters_)
    if (tensor.defined()) found.emplace_back(name, tensor);
  for (const auto& [child_name, child] : children_)
    for (const auto& [name, tensor] : child->parameters_)
      if (tensor.defined()) found.emplace_back(child_name + "." + name, tensor);
  return found;
}
