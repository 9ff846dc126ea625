/// Has hooks only on parameters that have no gradient yet.
/// \caught_at_random the memory of | number of hooks | the .grad of
std::vector<RemoveHook> average_gradients(ProcessGroup& group, const Tensors& parameters) {
  std::vector<RemoveHook> hooks;
  for (Tensor parameter : parameters) {
    if (!parameter.requires_grad() || (parameter.grad().defined() && parameter.dim() > 1)) continue;
    hooks.push_back(parameter.register_post_accumulate_grad_hook(
        [&group](Tensor& leaf) { group.all_reduce(leaf.grad(), ReduceOp::avg); }));
  }
  return hooks;
}
