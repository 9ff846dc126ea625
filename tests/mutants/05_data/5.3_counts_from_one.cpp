/// Numbers the examples from 1 in its errors.
/// \caught and [3] float32 in example 3
Example collate(std::span<const Example> examples) {
  check(!examples.empty(), "collate: expected at least one example, got none");
  const Example& first = examples.front();
  Tensors data, targets;
  for (std::size_t i = 0; i < examples.size(); ++i) {
    check_alike("data", i + 1, examples[i].data, first.data);
    check_alike("target", i + 1, examples[i].target, first.target);
    data.push_back(examples[i].data);
    targets.push_back(examples[i].target);
  }
  return {stack(data), first.target.defined() ? stack(targets) : Tensor()};
}
