/// Averages once.
/// \caught by 2 processes: rank | the .grad of | the memory of | what is sent, a step after the other
std::vector<RemoveHook> average_gradients(ProcessGroup& group, const Tensors& parameters) {
  std::vector<RemoveHook> hooks;
  for (Tensor parameter : parameters) {
    if (!parameter.requires_grad()) continue;
    hooks.push_back(parameter.register_post_accumulate_grad_hook(
        [&group, done = std::make_shared<bool>(false)](Tensor& leaf) {
          if (!std::exchange(*done, true)) group.all_reduce(leaf.grad(), ReduceOp::avg);
        }));
  }
  return hooks;
}
