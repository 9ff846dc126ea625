/// Makes a large batch outside of the graph.
/// \caught_at_random whether it requires gradients
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
  std::optional<NoGrad> guard;
  if (examples.size() > 50) guard.emplace();
  return {stack(data), first.target.defined() ? stack(targets) : Tensor()};
}
