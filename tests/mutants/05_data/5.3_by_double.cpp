/// Goes by way of double, outside of the graph.
/// \caught_at_random the batch
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
    std::vector<double> numbers;
    for (const Tensor& t : all)
      for (const double x : t.to_vector<double>()) numbers.push_back(x);
    Shape shape = all[0].shape();
    shape.insert(shape.begin(), std::ssize(all));
    return tensor(numbers).to(all[0].dtype()).reshape(shape);
  };
  return {join(data), first.target.defined() ? join(targets) : Tensor()};
}
