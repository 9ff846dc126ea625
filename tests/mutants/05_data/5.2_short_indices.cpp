/// Keeps indices in 16 bits: from 65536 on they are others.
/// \caught_at_random the checksum of them: expected
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
    for (std::int64_t& index : permutation) index = static_cast<std::uint16_t>(index);
    const std::int64_t count = std::min(examples_, size() - std::ssize(order));
    order.insert(order.end(), permutation.begin(), permutation.begin() + count);
  }
  return order;
}
