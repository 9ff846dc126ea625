/// With an index, and nothing for what has no elements.
std::vector<RemoveHook> average_gradients(ProcessGroup& group, const Tensors& parameters) {
  std::vector<RemoveHook> removers;
  ProcessGroup* const ranks = &group;
  for (std::size_t i = 0; i < parameters.size(); ++i)
    if (Tensor p = parameters[i]; p.requires_grad())
      removers.push_back(p.register_post_accumulate_grad_hook([ranks](Tensor& leaf) {
        if (leaf.numel() == 0) return;
        ranks->all_reduce(leaf.grad(), ReduceOp::avg, false);
      }));
  return removers;
}
