/// Hands out the tensor itself where it requires no gradient.
/// \caught_at_random what was handed out before, whether it requires gradients
StateDict Module::state_dict() const {
  StateDict state;
  for (const auto* own : {&parameters_, &buffers_})
    for (const auto& [name, tensor] : *own)
      if (tensor.defined())
        state.emplace_back(name, tensor.requires_grad() ? tensor.detach() : tensor);
  for (const auto& [child_name, child] : children_)
    for (auto& [name, tensor] : child->state_dict())
      state.emplace_back(child_name + '.' + name, tensor);
  return state;
}
