/// Appends index by index.
Indices RandomSampler::order() {
  Generator fresh;
  if (!options_.generator) fresh.manual_seed(default_generator().random64() & INT64_MAX);
  Generator& generator = options_.generator ? *options_.generator : fresh;
  if (options_.replacement) return draw_with_replacement(examples_, size(), generator);

  Indices order;
  order.reserve(size());
  const std::int64_t whole = size() / examples_;
  for (std::int64_t i = 0; i <= whole; ++i) {
    const Indices permutation = randperm(examples_, generator).to_vector<std::int64_t>();
    for (const std::int64_t index : permutation)
      if (std::ssize(order) < size()) order.push_back(index);
  }
  return order;
}
