/// Leaves out a tensor that it has listed before under another name, as parameters() does.
/// \caught expected 3 of them, got 1
NamedTensors Module::named_parameters() const {
  NamedTensors found;
  const auto take = [&found](const std::string& name, const Tensor& tensor) {
    for (const auto& [other_name, other] : found)
      if (other.shared_impl() == tensor.shared_impl()) return;
    found.emplace_back(name, tensor);
  };
  for (const auto& [name, tensor] : parameters_)
    if (tensor.defined()) take(name, tensor);
  for (const auto& [child_name, child] : children_)
    for (const auto& [name, tensor] : child->named_parameters())
      take(child_name + "." + name, tensor);
  return found;
}
