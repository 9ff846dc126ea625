/// Lists a shared tensor once.
/// \caught_at_random the names of state_dict()
StateDict Module::state_dict() const {
  StateDict state;
  for (const auto* own : {&parameters_, &buffers_})
    for (const auto& [name, tensor] : *own)
      if (tensor.defined()) state.emplace_back(name, tensor.detach());
  for (const auto& [child_name, child] : children_)
    for (auto& [name, tensor] : child->state_dict())
      if (std::ranges::none_of(state, [&](const auto& other) {
            return other.second.storage() == tensor.storage() &&
                   other.second.storage_offset() == tensor.storage_offset();
          }))
        state.emplace_back(child_name + '.' + name, tensor);
  return state;
}
