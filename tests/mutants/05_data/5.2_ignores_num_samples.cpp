/// Always gives as many indices as there are examples.
/// \caught 10 indices of 4 examples: expected 10 of them, got 4
Indices RandomSampler::order() {
  Generator fresh;
  if (!options_.generator) fresh.manual_seed(default_generator().random64() & INT64_MAX);
  Generator& generator = options_.generator ? *options_.generator : fresh;
  if (options_.replacement) return draw_with_replacement(examples_, examples_, generator);
  const Indices order = randperm(examples_, generator).to_vector<std::int64_t>();
  randperm(examples_, generator);
  return order;
}
