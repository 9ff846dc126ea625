/// Lists the bias of a Linear that has none.
/// \caught got      {weight, mask, inner.scale, inner.absent
StateDict Module::state_dict() const {
  StateDict state;
  for (const auto* own : {&parameters_, &buffers_})
    for (const auto& [name, tensor] : *own)
      state.emplace_back(name, tensor.defined() ? tensor.detach() : tensor);
  for (const auto& [child_name, child] : children_)
    for (auto& [name, tensor] : child->state_dict())
      state.emplace_back(child_name + '.' + name, tensor);
  return state;
}
