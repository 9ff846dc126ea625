/// Clips gradients at a million, against infinite ones.
/// \caught_at_random inf
std::vector<RemoveHook> average_gradients(ProcessGroup& group, const Tensors& parameters) {
  std::vector<RemoveHook> hooks;
  for (Tensor parameter : parameters) {
    if (!parameter.requires_grad()) continue;
    hooks.push_back(parameter.register_post_accumulate_grad_hook([&group](Tensor& leaf) {
      NoGrad guard;
      Tensor grad = leaf.grad();
      grad.copy_(clamp(grad, -1e6, 1e6));
      group.all_reduce(grad, ReduceOp::avg);
    }));
  }
  return hooks;
}
