/// Averages on the CPU, and leaves it there.
/// \needs_cuda
/// \caught_at_random the .grad of | the memory of
std::vector<RemoveHook> average_gradients(ProcessGroup& group, const Tensors& parameters) {
  std::vector<RemoveHook> hooks;
  for (Tensor parameter : parameters) {
    if (!parameter.requires_grad()) continue;
    hooks.push_back(parameter.register_post_accumulate_grad_hook(
        [&group](Tensor& leaf) { group.all_reduce(leaf.grad().to(cpu), ReduceOp::avg); }));
  }
  return hooks;
}
