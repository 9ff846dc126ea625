/// Adds the gradients up: with N ranks, N times as large a step.
/// \caught expected 1.5, got 3
std::vector<RemoveHook> average_gradients(ProcessGroup& group, const Tensors& parameters) {
  std::vector<RemoveHook> hooks;
  for (Tensor parameter : parameters) {
    if (!parameter.requires_grad()) continue;
    hooks.push_back(parameter.register_post_accumulate_grad_hook(
        [&group](Tensor& leaf) { group.all_reduce(leaf.grad(), ReduceOp::sum); }));
  }
  return hooks;
}
