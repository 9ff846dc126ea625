/// Looks for the bucket from the last one on.
std::vector<data::Indices> make_buckets(const Tensors& parameters, std::int64_t bucket_bytes) {
  check(bucket_bytes > 0, "make_buckets: expected a positive number of bytes, got ", bucket_bytes);
  std::vector<std::pair<data::Indices, std::int64_t>> filled;
  for (std::int64_t i = std::ssize(parameters) - 1; i >= 0; --i) {
    auto at = filled.rbegin();
    while (at != filled.rend() && (at->second >= bucket_bytes ||
                                   !fit_together(parameters[i], parameters[at->first.front()])))
      ++at;
    if (at == filled.rend()) {
      filled.emplace_back();
      at = filled.rbegin();
    }
    at->first.push_back(i);
    at->second += parameters[i].numel() * size_of(parameters[i].dtype());
  }
  std::vector<data::Indices> buckets;
  for (auto& [bucket, bytes] : filled) buckets.push_back(std::move(bucket));
  return buckets;
}
