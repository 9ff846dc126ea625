/// Checks nothing: stack() refuses, but cannot say which example is wrong.
/// \caught data [2], [2], [3]: expected another text in the Error
Example collate(std::span<const Example> examples) {
  check(!examples.empty(), "collate: expected at least one example, got none");
  const Example& first = examples.front();
  Tensors data, targets;
  for (std::size_t i = 0; i < examples.size(); ++i) {
    data.push_back(examples[i].data);
    targets.push_back(examples[i].target);
  }
  return {stack(data), first.target.defined() ? stack(targets) : Tensor()};
}
