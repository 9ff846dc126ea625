/// Brings each example to where the first one is.
/// \caught_at_random expected an Error, and none was thrown
Example collate(std::span<const Example> examples) {
  check(!examples.empty(), "collate: expected at least one example, got none");
  const Example& first = examples.front();
  Tensors data, targets;
  for (std::size_t i = 0; i < examples.size(); ++i) {
    check_alike("data", i, examples[i].data, first.data);
    check_alike("target", i, examples[i].target, first.target);
    data.push_back(examples[i].data.to(first.data.device()));
    if (first.target.defined()) targets.push_back(examples[i].target.to(first.target.device()));
  }
  return {stack(data), first.target.defined() ? stack(targets) : Tensor()};
}
