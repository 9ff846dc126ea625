/// Visits the inputs by recursion, which a deep graph overflows the stack with.
/// \caught the stack has grown by a megabyte
void walk_back(const Tensor& root, Tensor grad, bool retain_graph, const Deliver& deliver) {
  NoGrad guard;
  PendingGrads pending = count_uses(root.autograd());
  pending[root.autograd()].grad = std::move(grad);
  const std::function<void(AutogradMeta&)> visit = [&](AutogradMeta& meta) {
    Tensor complete = std::move(pending[&meta].grad);
    if (complete.defined()) {
      for (const Hook& hook : meta.hooks)
        if (Tensor replaced = hook(complete); replaced.defined()) complete = replaced;
      deliver(meta, complete);
    }
    if (!meta.node) return;
    Node& node = *meta.node;
    Tensors grads(node.inputs.size());
    if (complete.defined()) grads = node.backward(complete);
    check(grads.size() == node.inputs.size(), node.name, " returned ", grads.size(),
          " gradients for ", node.inputs.size(), " inputs");
    if (!retain_graph) node.backward = nullptr;
    std::vector<AutogradMeta*> ready;
    for (std::size_t i = 0; i < grads.size(); ++i) {
      AutogradMeta* input = node.inputs[i].get();
      if (!input) continue;
      Pending& next = pending[input];
      if (grads[i].defined()) {
        const Tensor part = fit_to_input(node, grads[i], *input);
        next.grad = next.grad.defined() ? next.grad + part : part;
      }
      if (--next.uses == 0) ready.push_back(input);
    }
    for (; !ready.empty(); ready.pop_back()) visit(*ready.back());
  };
  visit(*root.autograd());
}
