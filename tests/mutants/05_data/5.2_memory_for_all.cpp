/// Makes room for all examples, though it may draw only a few.
/// \caught_at_random asked for more memory than there is | whether it took memory for all
Indices RandomSampler::order() {
  Generator fresh;
  if (!options_.generator) fresh.manual_seed(default_generator().random64() & INT64_MAX);
  Generator& generator = options_.generator ? *options_.generator : fresh;
  Indices order;
  order.reserve(examples_);
  if (options_.replacement) return draw_with_replacement(examples_, size(), generator);

  const std::int64_t whole = size() / examples_;
  for (std::int64_t i = 0; i <= whole; ++i) {
    const Indices permutation = randperm(examples_, generator).to_vector<std::int64_t>();
    const std::int64_t count = std::min(examples_, size() - std::ssize(order));
    order.insert(order.end(), permutation.begin(), permutation.begin() + count);
  }
  return order;
}
