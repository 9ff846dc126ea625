/// Joins them along an axis that each gets first.
Example collate(std::span<const Example> examples) {
  check(!examples.empty(), "collate: expected at least one example, got none");
  const Example& first = examples.front();
  Tensors data, targets;
  for (std::size_t i = 0; i < examples.size(); ++i) {
    check_alike("data", i, examples[i].data, first.data);
    check_alike("target", i, examples[i].target, first.target);
    data.push_back(examples[i].data.unsqueeze(0));
    if (first.target.defined()) targets.push_back(examples[i].target.unsqueeze(0));
  }
  return {cat(data, 0), first.target.defined() ? cat(targets, 0) : Tensor()};
}
