/// Lists of two tensors over the same memory only the first.
/// \caught_at_random ?
NamedTensors Module::named_parameters() const {
  NamedTensors found;
  for (const auto& [name, tensor] : parameters_)
    if (tensor.defined() &&
        std::none_of(found.begin(), found.end(), [&t = tensor](const auto& other) {
          return other.second.storage() == t.storage() &&
                 other.second.shared_impl() != t.shared_impl();
        }))
      found.emplace_back(name, tensor);
  for (const auto& [child_name, child] : children_)
    for (const auto& [name, tensor] : child->named_parameters())
      found.emplace_back(child_name + "." + name, tensor);
  return found;
}
