/// Looks at all examples first.
Example collate(std::span<const Example> examples) {
  check(!examples.empty(), "collate: expected at least one example, got none");
  const Example& first = examples.front();
  Tensors data, targets;
  for (std::size_t i = 0; i < examples.size(); ++i) {
    check_alike("data", i, examples[i].data, first.data);
    check_alike("target", i, examples[i].target, first.target);
  }
  for (const Example& example : examples) {
    data.push_back(example.data);
    if (example.target.defined()) targets.push_back(example.target);
  }
  return {stack(data), !targets.empty() ? stack(targets) : Tensor()};
}
