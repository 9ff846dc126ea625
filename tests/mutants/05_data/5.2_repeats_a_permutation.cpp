/// Draws one permutation and repeats it.
/// \caught 10 indices of 4 examples: at [4]
Indices RandomSampler::order() {
  Generator fresh;
  if (!options_.generator) fresh.manual_seed(default_generator().random64() & INT64_MAX);
  Generator& generator = options_.generator ? *options_.generator : fresh;
  if (options_.replacement) return draw_with_replacement(examples_, size(), generator);

  const Indices permutation = randperm(examples_, generator).to_vector<std::int64_t>();
  for (std::int64_t i = 0; i < size() / examples_; ++i) randperm(examples_, generator);
  Indices order;
  for (std::int64_t i = 0; i < size(); ++i) order.push_back(permutation[i % examples_]);
  return order;
}
