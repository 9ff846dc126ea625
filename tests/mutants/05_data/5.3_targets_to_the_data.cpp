/// Brings the targets to where the data is.
/// \caught_at_random its target, where it is: expected
Example collate(std::span<const Example> examples) {
  check(!examples.empty(), "collate: expected at least one example, got none");
  const Example& first = examples.front();
  Tensors data, targets;
  for (std::size_t i = 0; i < examples.size(); ++i) {
    check_alike("data", i, examples[i].data, first.data);
    check_alike("target", i, examples[i].target, first.target);
    data.push_back(examples[i].data);
    targets.push_back(examples[i].target);
  }
  return {stack(data), first.target.defined() ? stack(targets).to(first.data.device()) : Tensor()};
}
