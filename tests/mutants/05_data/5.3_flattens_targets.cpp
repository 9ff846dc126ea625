/// Makes a vector of numbers of the targets, and loses their shape and dtype.
/// \caught the batch's target: expected shape [1, 3], got
Example collate(std::span<const Example> examples) {
  check(!examples.empty(), "collate: expected at least one example, got none");
  const Example& first = examples.front();
  Tensors data;
  std::vector<std::int64_t> targets;
  for (std::size_t i = 0; i < examples.size(); ++i) {
    check_alike("data", i, examples[i].data, first.data);
    check_alike("target", i, examples[i].target, first.target);
    data.push_back(examples[i].data);
    if (!first.target.defined()) continue;
    for (std::int64_t v : examples[i].target.to_vector<std::int64_t>()) targets.push_back(v);
  }
  return {stack(data), first.target.defined() ? tensor(targets) : Tensor()};
}
