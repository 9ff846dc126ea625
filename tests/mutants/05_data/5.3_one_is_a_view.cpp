/// Does not copy a single example: who changes the batch changes the dataset.
/// \caught_at_random its memory: expected its own, got that of
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
  if (examples.size() == 1)
    return {data[0].unsqueeze(0), targets[0].defined() ? targets[0].unsqueeze(0) : Tensor()};
  return {stack(data), first.target.defined() ? stack(targets) : Tensor()};
}
