/// Makes a fresh generator only if it needs one.
Indices RandomSampler::order() {
  std::optional<Generator> fresh;
  if (!options_.generator) fresh.emplace(default_generator().random64() % (std::uint64_t{1} << 63));
  Generator& generator = fresh ? *fresh : *options_.generator;
  if (options_.replacement) return draw_with_replacement(examples_, size(), generator);

  Indices order;
  order.reserve(size());
  const std::int64_t whole = size() / examples_;
  for (std::int64_t i = 0; i <= whole; ++i) {
    const Indices permutation = randperm(examples_, generator).to_vector<std::int64_t>();
    const std::int64_t count = std::min(examples_, size() - std::ssize(order));
    order.insert(order.end(), permutation.begin(), permutation.begin() + count);
  }
  return order;
}
