/// Parameters, then buffers.
StateDict Module::state_dict() const {
  StateDict state;
  for (const auto& [name, tensor] : parameters_)
    if (tensor.defined()) state.emplace_back(name, tensor.detach());
  for (const auto& [name, tensor] : buffers_)
    if (tensor.defined()) state.emplace_back(name, tensor.detach());
  for (const auto& [child_name, child] : children_)
    for (auto& [name, tensor] : child->state_dict())
      state.emplace_back(child_name + '.' + name, tensor);
  return state;
}
