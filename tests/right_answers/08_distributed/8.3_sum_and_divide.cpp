/// Sums up, and divides by the number of ranks.
std::vector<RemoveHook> average_gradients(ProcessGroup& group, const Tensors& parameters) {
  std::vector<RemoveHook> hooks;
  for (Tensor parameter : parameters) {
    if (!parameter.requires_grad()) continue;
    hooks.push_back(parameter.register_post_accumulate_grad_hook([&group](Tensor& leaf) {
      const Tensor grad = leaf.grad();
      group.all_reduce(grad);
      Tensor(grad).div_(group.world_size());
    }));
  }
  return hooks;
}
