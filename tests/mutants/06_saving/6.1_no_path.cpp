/// Forgets the name of the child in front.
/// \caught the names: at [2] expected inner.scale, got scale
StateDict Module::state_dict() const {
  StateDict state;
  for (const auto* own : {&parameters_, &buffers_})
    for (const auto& [name, tensor] : *own)
      if (tensor.defined()) state.emplace_back(name, tensor.detach());
  for (const auto& [child_name, child] : children_)
    for (auto& [name, tensor] : child->state_dict()) state.emplace_back(name, tensor);
  return state;
}
