/// Keeps its lists, and in them the last batch.
/// \caught_at_random what is still held by somebody when all is over | it crashed |
/// collate(examples)
Example collate(std::span<const Example> examples) {
  check(!examples.empty(), "collate: expected at least one example, got none");
  const Example& first = examples.front();
  static Tensors data, targets;
  data.clear();
  targets.clear();
  for (std::size_t i = 0; i < examples.size(); ++i) {
    check_alike("data", i, examples[i].data, first.data);
    check_alike("target", i, examples[i].target, first.target);
    data.push_back(examples[i].data);
    targets.push_back(examples[i].target);
  }
  return {stack(data), first.target.defined() ? stack(targets) : Tensor()};
}
