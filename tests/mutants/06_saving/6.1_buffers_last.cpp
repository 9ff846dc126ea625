/// All parameters of the whole model, then all of its buffers: chapter 3's two lists.
/// \caught the names: at [1] expected mask, got inner.scale
StateDict Module::state_dict() const {
  StateDict state;
  for (const auto& list : {named_parameters(), named_buffers()})
    for (const auto& [name, tensor] : list) state.emplace_back(name, tensor.detach());
  return state;
}
