/// Each remover takes all hooks off.
/// \caught_at_random the .grad of | the memory of | what is sent, a step after the other
std::vector<RemoveHook> average_gradients(ProcessGroup& group, const Tensors& parameters) {
  std::vector<RemoveHook> hooks;
  const auto all = std::make_shared<std::vector<RemoveHook>>();
  for (Tensor parameter : parameters) {
    if (!parameter.requires_grad()) continue;
    all->push_back(parameter.register_post_accumulate_grad_hook(
        [&group](Tensor& leaf) { group.all_reduce(leaf.grad(), ReduceOp::avg); }));
  }
  hooks.assign(all->size(), [all] {
    for (const RemoveHook& remove : *all) remove();
  });
  return hooks;
}
