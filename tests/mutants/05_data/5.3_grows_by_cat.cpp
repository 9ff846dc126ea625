/// Joins one example after the other: each time, all that came before are copied.
/// \caught_at_random it asks for
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
  const auto join = [](const Tensors& all) {
    Tensor joined = all[0].clone().unsqueeze(0);
    for (std::size_t i = 1; i < all.size(); ++i) joined = cat({joined, all[i].unsqueeze(0)}, 0);
    return joined;
  };
  return {join(data), first.target.defined() ? join(targets) : Tensor()};
}
