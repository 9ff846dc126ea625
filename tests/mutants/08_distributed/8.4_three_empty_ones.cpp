/// Takes a bucket for full that has three parameters without elements.
/// \caught_at_random buckets of
std::vector<data::Indices> make_buckets(const Tensors& parameters, std::int64_t bucket_bytes) {
  check(bucket_bytes > 0, "make_buckets: expected a positive number of bytes, got ", bucket_bytes);
  std::vector<data::Indices> buckets;
  std::vector<std::int64_t> bytes;  // of each bucket
  for (std::int64_t i = std::ssize(parameters) - 1; i >= 0; --i) {
    std::size_t b = 0;
    while (b < buckets.size() &&
           (bytes[b] >= bucket_bytes || (bytes[b] == 0 && buckets[b].size() >= 3) ||
            !fit_together(parameters[i], parameters[buckets[b].front()])))
      ++b;
    if (b == buckets.size()) {
      buckets.emplace_back();
      bytes.push_back(0);
    }
    buckets[b].push_back(i);
    bytes[b] += parameters[i].numel() * size_of(parameters[i].dtype());
  }
  return buckets;
}
