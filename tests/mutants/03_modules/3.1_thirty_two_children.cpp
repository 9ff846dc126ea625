/// Lists the first 32 children.
/// \caught 1100 parameters and 1100 children
NamedTensors Module::named_parameters() const {
  NamedTensors found;
  for (const auto& [name, tensor] : parameters_)
    if (tensor.defined()) found.emplace_back(name, tensor);
  int many = 0;
  for (const auto& [child_name, child] : children_)
    if (many++ < 32)
      for (const auto& [name, tensor] : child->named_parameters())
        found.emplace_back(child_name + "." + name, tensor);
  return found;
}
