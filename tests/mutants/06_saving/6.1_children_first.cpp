/// Lists what is in the children before what is the module's own.
/// \caught the names: at [0] expected weight, got inner.scale
StateDict Module::state_dict() const {
  StateDict state;
  for (const auto& [child_name, child] : children_)
    for (auto& [name, tensor] : child->state_dict())
      state.emplace_back(child_name + '.' + name, tensor);
  for (const auto* own : {&parameters_, &buffers_})
    for (const auto& [name, tensor] : *own)
      if (tensor.defined()) state.emplace_back(name, tensor.detach());
  return state;
}
