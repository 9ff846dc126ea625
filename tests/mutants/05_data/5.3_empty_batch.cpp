/// Gives an empty batch for no examples.
/// \caught collate() of no examples: expected an Error, and none was thrown
Example collate(std::span<const Example> examples) {
  if (examples.empty()) return {};
  const Example& first = examples.front();
  Tensors data, targets;
  for (std::size_t i = 0; i < examples.size(); ++i) {
    check_alike("data", i, examples[i].data, first.data);
    check_alike("target", i, examples[i].target, first.target);
    data.push_back(examples[i].data);
    targets.push_back(examples[i].target);
  }
  return {stack(data), first.target.defined() ? stack(targets) : Tensor()};
}
