/// Hands out copies: to load into them would not change the model.
/// \caught weight, after the model's was filled with 9: element [0, 0]: expected 9, got 1
StateDict Module::state_dict() const {
  StateDict state;
  for (const auto* own : {&parameters_, &buffers_})
    for (const auto& [name, tensor] : *own)
      if (tensor.defined()) state.emplace_back(name, tensor.detach().clone());
  for (const auto& [child_name, child] : children_)
    for (auto& [name, tensor] : child->state_dict())
      state.emplace_back(child_name + '.' + name, tensor);
  return state;
}
