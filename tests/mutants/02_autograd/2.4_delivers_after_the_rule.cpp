/// Calls the rule first, and then delivers.
/// \caught the .grad of y when the rule of y is called, after y.retain_grad(): expected 7, got 0
void walk_back(const Tensor& root, Tensor grad, bool retain_graph, const Deliver& deliver) {
  NoGrad guard;
  PendingGrads pending = count_uses(root.autograd());
  pending[root.autograd()].grad = std::move(grad);

  std::vector<AutogradMeta*> ready{root.autograd()};
  while (!ready.empty()) {
    AutogradMeta& meta = *ready.back();
    ready.pop_back();
    Tensor complete = std::move(pending[&meta].grad);
    if (complete.defined()) {
      for (const Hook& hook : hooks_of(meta))
        if (Tensor replaced = hook(complete); replaced.defined()) complete = replaced;
      if (!meta.node) deliver(meta, complete);
    }
    if (!meta.node) continue;

    Node& node = *meta.node;
    Tensors grads(node.inputs.size());
    if (complete.defined()) grads = node.backward(complete);
    check(grads.size() == node.inputs.size(), node.name, " returned ", grads.size(),
          " gradients for ", node.inputs.size(), " inputs");
    if (!retain_graph) node.backward = nullptr;
    if (complete.defined()) deliver(meta, complete);
    complete = Tensor();

    for (std::size_t i = 0; i < grads.size(); ++i) {
      AutogradMeta* input = node.inputs[i].get();
      if (!input) continue;
      Pending& next = pending[input];
      if (grads[i].defined()) {
        Tensor part = fit_to_input(node, std::move(grads[i]), *input);
        next.grad = next.grad.defined() ? next.grad + part : std::move(part);
      }
      if (--next.uses == 0) ready.push_back(input);
    }
  }
}
