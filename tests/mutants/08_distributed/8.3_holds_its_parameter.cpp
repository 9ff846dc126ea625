/// The hook owns the parameter that owns it: neither is ever freed.
/// \caught_at_random still held by somebody
std::vector<RemoveHook> average_gradients(ProcessGroup& group, const Tensors& parameters) {
  std::vector<RemoveHook> hooks;
  for (Tensor parameter : parameters) {
    if (!parameter.requires_grad()) continue;
    hooks.push_back(parameter.register_post_accumulate_grad_hook(
        [&group, parameter](Tensor&) { group.all_reduce(parameter.grad(), ReduceOp::avg); }));
  }
  return hooks;
}
