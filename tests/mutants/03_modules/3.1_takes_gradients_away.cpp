/// Takes the gradients away.
/// \caught_at_random gradients, what requires some, and modes
NamedTensors Module::named_parameters() const {
  NamedTensors found;
  for (const auto& [name, tensor] : parameters_)
    if (tensor.defined()) {
      if (tensor.requires_grad() && tensor.is_leaf()) Tensor(tensor).set_grad(Tensor());
      found.emplace_back(name, tensor);
    }
  for (const auto& [child_name, child] : children_)
    for (const auto& [name, tensor] : child->named_parameters())
      found.emplace_back(child_name + "." + name, tensor);
  return found;
}
