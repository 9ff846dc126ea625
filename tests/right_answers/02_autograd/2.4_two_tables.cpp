/// Keeps the gradients in a table of their own, and frees the graph at the end.
void walk_back(const Tensor& root, Tensor grad, bool retain_graph, const Deliver& deliver) {
  const NoGrad guard;
  PendingGrads uses = count_uses(root.autograd());
  std::unordered_map<AutogradMeta*, Tensor> arrived{{root.autograd(), grad}};
  std::list<AutogradMeta*> ready{root.autograd()};
  std::vector<Node*> passed;
  while (!ready.empty()) {
    AutogradMeta* meta = ready.front();
    ready.pop_front();
    const auto found = arrived.find(meta);
    Tensor complete;
    if (found != arrived.end()) {
      complete = found->second;
      arrived.erase(found);
      const std::list<Hook> hooks = hooks_of(*meta);
      for (const Hook& hook : hooks) {
        const Tensor replaced = hook(complete);
        if (replaced.defined()) complete = replaced;
      }
      deliver(*meta, complete);
    }
    if (meta->node == nullptr) continue;
    passed.push_back(meta->node.get());
    const auto& inputs = meta->node->inputs;
    const Tensors grads =
        complete.defined() ? meta->node->backward(complete) : Tensors(inputs.size());
    if (grads.size() != inputs.size()) throw Error("a rule returned another number of gradients");
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      if (inputs[i] == nullptr) continue;
      if (grads[i].defined()) {
        const Tensor part = fit_to_input(*meta->node, grads[i], *inputs[i]);
        Tensor& sum = arrived[inputs[i].get()];
        sum = sum.defined() ? part + sum : part;
      }
      if (--uses.at(inputs[i].get()).uses == 0) ready.push_front(inputs[i].get());
    }
  }
  if (retain_graph) return;
  for (Node* node : passed) node->backward = nullptr;
}
