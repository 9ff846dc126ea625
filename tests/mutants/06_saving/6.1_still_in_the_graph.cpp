/// Hands out the parameters themselves, which require gradients.
/// \caught weight in the list, requires_grad(): expected false, got true
StateDict Module::state_dict() const {
  StateDict state;
  for (const auto* own : {&parameters_, &buffers_})
    for (const auto& [name, tensor] : *own)
      if (tensor.defined()) state.emplace_back(name, tensor);
  for (const auto& [child_name, child] : children_)
    for (auto& [name, tensor] : child->state_dict())
      state.emplace_back(child_name + '.' + name, tensor);
  return state;
}
