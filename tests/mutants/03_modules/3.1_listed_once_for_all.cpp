/// Keeps the first list of each module, whatever changes later.
/// \caught_at_random ?
NamedTensors Module::named_parameters() const {
  static std::vector<std::pair<const Module*, NamedTensors>> lists;
  for (const auto& [module, list] : lists)
    if (module == this) return list;
  NamedTensors found;
  for (const auto& [name, tensor] : parameters_)
    if (tensor.defined()) found.emplace_back(name, tensor);
  for (const auto& [child_name, child] : children_)
    for (const auto& [name, tensor] : child->named_parameters())
      found.emplace_back(child_name + "." + name, tensor);
  lists.emplace_back(this, found);
  return found;
}
