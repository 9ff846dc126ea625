/// Averages over four ranks at most.
/// \caught_at_random after average_gradients() | what is sent, a step after the other,
std::vector<RemoveHook> average_gradients(ProcessGroup& group, const Tensors& parameters) {
  std::vector<RemoveHook> hooks;
  for (Tensor parameter : parameters) {
    if (!parameter.requires_grad()) continue;
    hooks.push_back(parameter.register_post_accumulate_grad_hook([&group](Tensor& leaf) {
      if (group.world_size() <= 4) group.all_reduce(leaf.grad(), ReduceOp::avg);
    }));
  }
  return hooks;
}
