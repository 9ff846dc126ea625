/// Asks the children for their own tensors only, not for those below.
/// \caught the names: expected 7 of them, got
StateDict Module::state_dict() const {
  StateDict state;
  for (const auto* own : {&parameters_, &buffers_})
    for (const auto& [name, tensor] : *own)
      if (tensor.defined()) state.emplace_back(name, tensor.detach());
  for (const auto& [child_name, child] : children_)
    for (const auto* own : {&child->parameters_, &child->buffers_})
      for (const auto& [name, tensor] : *own)
        if (tensor.defined()) state.emplace_back(child_name + '.' + name, tensor.detach());
  return state;
}
