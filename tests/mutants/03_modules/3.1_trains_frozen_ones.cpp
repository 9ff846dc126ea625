/// Makes what is frozen require gradients again.
/// \caught_at_random gradients, what requires some, and modes
NamedTensors Module::named_parameters() const {
  NamedTensors found;
  for (const auto& [name, tensor] : parameters_)
    if (tensor.defined()) {
      if (tensor.is_leaf() && tensor.is_floating_point()) Tensor(tensor).requires_grad_();
      found.emplace_back(name, tensor);
    }
  for (const auto& [child_name, child] : children_)
    for (const auto& [name, tensor] : child->named_parameters())
      found.emplace_back(child_name + "." + name, tensor);
  return found;
}
