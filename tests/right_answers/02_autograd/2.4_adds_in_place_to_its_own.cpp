/// Adds in place, but only to sums that it has made itself.
void walk_back(const Tensor& root, Tensor grad, bool retain_graph, const Deliver& deliver) {
  NoGrad guard;
  PendingGrads pending = count_uses(root.autograd());
  std::unordered_map<AutogradMeta*, int> parts;
  pending[root.autograd()].grad = grad;
  std::vector<AutogradMeta*> ready{root.autograd()};
  while (!ready.empty()) {
    AutogradMeta& meta = *ready.back();
    ready.pop_back();
    Tensor complete = pending[&meta].grad;
    pending.erase(&meta);
    if (complete.defined()) {
      for (const Hook& hook : hooks_of(meta))
        if (Tensor replaced = hook(complete); replaced.defined()) complete = replaced;
      deliver(meta, complete);
    }
    if (!meta.node) continue;
    Tensors grads(meta.node->inputs.size());
    if (complete.defined()) grads = meta.node->backward(complete);
    check(grads.size() == meta.node->inputs.size(), "another number of gradients than inputs");
    if (!retain_graph) meta.node->backward = nullptr;
    for (std::size_t i = 0; i < grads.size(); ++i) {
      AutogradMeta* input = meta.node->inputs[i].get();
      if (!input) continue;
      if (grads[i].defined()) {
        const Tensor part = fit_to_input(*meta.node, grads[i], *input);
        Tensor& sum = pending[input].grad;
        const int before = parts[input]++;
        if (before == 0)
          sum = part;
        else if (before == 1)
          sum = sum + part;
        else
          sum.add_(part);
      }
      if (--pending[input].uses == 0) ready.push_back(input);
    }
  }
}
