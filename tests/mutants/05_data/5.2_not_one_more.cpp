/// Draws only as many permutations as are needed.
/// \caught the generator, after 10 indices of 10 examples: expected the next number
Indices RandomSampler::order() {
  Generator fresh;
  if (!options_.generator) fresh.manual_seed(default_generator().random64() & INT64_MAX);
  Generator& generator = options_.generator ? *options_.generator : fresh;
  if (options_.replacement) return draw_with_replacement(examples_, size(), generator);

  Indices order;
  while (std::ssize(order) < size()) {
    const Indices permutation = randperm(examples_, generator).to_vector<std::int64_t>();
    const std::int64_t count = std::min(examples_, size() - std::ssize(order));
    order.insert(order.end(), permutation.begin(), permutation.begin() + count);
  }
  return order;
}
