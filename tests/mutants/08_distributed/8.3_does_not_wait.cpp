/// Begins to average, and goes on.
/// \caught nobody has waited for the Work of all_reduce(avg) of 3 float32 elements
std::vector<RemoveHook> average_gradients(ProcessGroup& group, const Tensors& parameters) {
  std::vector<RemoveHook> hooks;
  for (Tensor parameter : parameters) {
    if (!parameter.requires_grad()) continue;
    hooks.push_back(parameter.register_post_accumulate_grad_hook(
        [&group](Tensor& leaf) { group.all_reduce(leaf.grad(), ReduceOp::avg, async_op); }));
  }
  return hooks;
}
