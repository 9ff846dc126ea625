/// Looks at the first 20 examples only.
/// \caught_at_random expected another text in the Error | expected an Error, and none was thrown
Example collate(std::span<const Example> examples) {
  check(!examples.empty(), "collate: expected at least one example, got none");
  const Example& first = examples.front();
  Tensors data, targets;
  for (std::size_t i = 0; i < examples.size(); ++i) {
    if (i < 20) check_alike("data", i, examples[i].data, first.data);
    if (i < 20) check_alike("target", i, examples[i].target, first.target);
    data.push_back(examples[i].data);
    targets.push_back(examples[i].target);
  }
  return {stack(data), first.target.defined() ? stack(targets) : Tensor()};
}
