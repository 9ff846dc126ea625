/// Takes 0 for what is no number.
/// \caught_at_random nan
std::vector<RemoveHook> average_gradients(ProcessGroup& group, const Tensors& parameters) {
  std::vector<RemoveHook> hooks;
  for (Tensor parameter : parameters) {
    if (!parameter.requires_grad()) continue;
    hooks.push_back(parameter.register_post_accumulate_grad_hook([&group](Tensor& leaf) {
      NoGrad guard;
      Tensor grad = leaf.grad();
      grad.copy_(where(grad != grad, zeros_like(grad), grad));
      group.all_reduce(grad, ReduceOp::avg);
    }));
  }
  return hooks;
}
