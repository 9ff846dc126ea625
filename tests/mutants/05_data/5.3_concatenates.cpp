/// Puts the examples behind each other on an axis that they have: cat() for stack().
/// \caught the batch's data: expected shape [3, 2], got [6]
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
  return {cat(data), first.target.defined() ? stack(targets) : Tensor()};
}
