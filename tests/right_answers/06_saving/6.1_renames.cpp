/// Renames what a child gave.
StateDict Module::state_dict() const {
  StateDict state;
  for (const auto* own : {&parameters_, &buffers_})
    for (const auto& [name, tensor] : *own)
      if (tensor.defined()) state.emplace_back(name, tensor.detach());
  for (const auto& [child_name, child] : children_) {
    StateDict below = child->state_dict();
    for (auto& [name, tensor] : below) name.insert(0, child_name + '.');
    state.insert(state.end(), below.begin(), below.end());
  }
  return state;
}
