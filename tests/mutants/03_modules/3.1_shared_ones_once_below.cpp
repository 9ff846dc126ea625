/// Leaves out what an earlier child has listed, too.
/// \caught_at_random how many: expected
NamedTensors Module::named_parameters() const {
  NamedTensors found;
  for (const auto& [name, tensor] : parameters_)
    if (tensor.defined()) found.emplace_back(name, tensor);
  std::unordered_set<const TensorImpl*> of_children;
  for (const auto& [child_name, child] : children_)
    for (const auto& [name, tensor] : child->named_parameters())
      if (of_children.insert(tensor.shared_impl().get()).second)
        found.emplace_back(child_name + "." + name, tensor);
  return found;
}
