/// Goes on with every part as soon as it arrives, and so walks each path by itself.
/// \caught rules of 10 operations were called: expected 10, got 1023
void walk_back(const Tensor& root, Tensor grad, bool retain_graph, const Deliver& deliver) {
  NoGrad guard;
  count_uses(root.autograd());
  std::vector<std::pair<AutogradMeta*, Tensor>> ready{{root.autograd(), std::move(grad)}};
  std::vector<Node*> passed;
  while (!ready.empty()) {
    auto [meta, complete] = ready.back();
    ready.pop_back();
    for (const Hook& hook : meta->hooks)
      if (Tensor replaced = hook(complete); replaced.defined()) complete = replaced;
    deliver(*meta, complete);
    if (!meta->node) continue;
    Node& node = *meta->node;
    const Tensors grads = node.backward(complete);
    check(grads.size() == node.inputs.size(), node.name, " returned ", grads.size(),
          " gradients for ", node.inputs.size(), " inputs");
    passed.push_back(&node);
    for (std::size_t i = 0; i < grads.size(); ++i)
      if (AutogradMeta* input = node.inputs[i].get(); input && grads[i].defined())
        ready.emplace_back(input, fit_to_input(node, grads[i], *input));
  }
  if (!retain_graph)
    for (Node* node : passed) node->backward = nullptr;
}
