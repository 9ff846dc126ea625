/// Begins, and waits at once.
std::vector<RemoveHook> average_gradients(ProcessGroup& group, const Tensors& parameters) {
  std::vector<RemoveHook> hooks;
  for (Tensor parameter : parameters) {
    if (!parameter.requires_grad()) continue;
    hooks.push_back(parameter.register_post_accumulate_grad_hook([&group](Tensor& leaf) {
      const Work work = group.all_reduce(leaf.grad(), ReduceOp::avg, async_op);
      work.wait();
    }));
  }
  return hooks;
}
