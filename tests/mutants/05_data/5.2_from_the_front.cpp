/// Takes one index after the other out of the front of a list, each time moving all of the others.
/// \caught_at_random still not done after 5 s
Indices RandomSampler::order() {
  Generator fresh;
  if (!options_.generator) fresh.manual_seed(default_generator().random64() & INT64_MAX);
  Generator& generator = options_.generator ? *options_.generator : fresh;
  if (options_.replacement) return draw_with_replacement(examples_, size(), generator);

  Indices order;
  order.reserve(size());
  const std::int64_t whole = size() / examples_;
  for (std::int64_t i = 0; i <= whole; ++i) {
    Indices permutation = randperm(examples_, generator).to_vector<std::int64_t>();
    const std::int64_t count = std::min(examples_, size() - std::ssize(order));
    for (std::int64_t taken = 0; taken < count; ++taken) {
      order.push_back(permutation.front());
      permutation.erase(permutation.begin());
    }
  }
  return order;
}
