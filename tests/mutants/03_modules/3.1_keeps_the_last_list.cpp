/// Its list is static, and so keeps the tensors of a module that is gone.
/// \caught_at_random how many parameters somebody holds when the module is gone: expected 0, got
NamedTensors Module::named_parameters() const {
  NamedTensors below;
  for (const auto& [child_name, child] : children_)
    for (const auto& [name, tensor] : child->named_parameters())
      below.emplace_back(child_name + "." + name, tensor);
  static NamedTensors found;
  found.clear();
  for (const auto& [name, tensor] : parameters_)
    if (tensor.defined()) found.emplace_back(name, tensor);
  found.insert(found.end(), below.begin(), below.end());
  return found;
}
