/// Collects the parts, and adds them up when the last one is there.
void walk_back(const Tensor& root, Tensor grad, bool retain_graph, const Deliver& deliver) {
  NoGrad guard;
  PendingGrads pending = count_uses(root.autograd());
  std::unordered_map<AutogradMeta*, Tensors> parts;
  parts[root.autograd()].push_back(grad);
  std::vector<AutogradMeta*> ready{root.autograd()};
  do {
    AutogradMeta* const meta = ready.back();
    ready.pop_back();
    Tensor sum;
    for (const Tensor& part : parts[meta]) sum = sum.defined() ? sum + part : part;
    parts.erase(meta);
    if (sum.defined()) {
      for (const Hook& hook : hooks_of(*meta))
        if (const Tensor other = hook(sum); other.defined()) sum = other;
      deliver(*meta, sum);
    }
    const std::shared_ptr<Node> node = meta->node;
    if (!node) continue;
    Tensors grads;
    if (sum.defined())
      grads = node->backward(sum);
    else
      grads.resize(node->inputs.size());
    check(grads.size() == node->inputs.size(), "expected ", node->inputs.size(), " gradients, got ",
          grads.size());
    if (!retain_graph) node->backward = nullptr;
    for (std::size_t i = 0; i < grads.size(); ++i)
      if (AutogradMeta* input = node->inputs[i].get()) {
        if (grads[i].defined()) parts[input].push_back(fit_to_input(*node, grads[i], *input));
        if (--pending[input].uses == 0) ready.push_back(input);
      }
  } while (!ready.empty());
}
