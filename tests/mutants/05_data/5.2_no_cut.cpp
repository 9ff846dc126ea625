/// Forgets to cut the last permutation.
/// \caught expected 10 of them, got 20
Indices RandomSampler::order() {
  Generator fresh;
  if (!options_.generator) fresh.manual_seed(default_generator().random64() & INT64_MAX);
  Generator& generator = options_.generator ? *options_.generator : fresh;
  if (options_.replacement) return draw_with_replacement(examples_, size(), generator);

  Indices order;
  for (std::int64_t i = 0; i <= size() / examples_; ++i) {
    const Indices permutation = randperm(examples_, generator).to_vector<std::int64_t>();
    order.insert(order.end(), permutation.begin(), permutation.end());
  }
  return order;
}
