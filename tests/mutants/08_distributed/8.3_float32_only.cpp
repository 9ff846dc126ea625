/// Averages float32 only.
/// \caught_at_random number of hooks | the .grad of | the memory of
std::vector<RemoveHook> average_gradients(ProcessGroup& group, const Tensors& parameters) {
  std::vector<RemoveHook> hooks;
  for (Tensor parameter : parameters) {
    if (!parameter.requires_grad() || parameter.dtype() != float32) continue;
    hooks.push_back(parameter.register_post_accumulate_grad_hook(
        [&group](Tensor& leaf) { group.all_reduce(leaf.grad(), ReduceOp::avg); }));
  }
  return hooks;
}
