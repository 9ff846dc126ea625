/// Switches the gradients off in the list, and so in the model: both hold the same tensor.
/// \caught the model's own weight, requires_grad(): expected true, got false
StateDict Module::state_dict() const {
  StateDict state;
  for (const auto* own : {&parameters_, &buffers_})
    for (const auto& [name, tensor] : *own) {
      if (!tensor.defined()) continue;
      Tensor frozen = tensor;
      state.emplace_back(name, tensor.is_leaf() ? frozen.requires_grad_(false) : tensor.detach());
    }
  for (const auto& [child_name, child] : children_)
    for (auto& [name, tensor] : child->state_dict())
      state.emplace_back(child_name + '.' + name, tensor);
  return state;
}
