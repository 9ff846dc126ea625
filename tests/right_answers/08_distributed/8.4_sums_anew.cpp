/// Sums up the bytes of a bucket anew for each parameter.
std::vector<data::Indices> make_buckets(const Tensors& parameters, std::int64_t bucket_bytes) {
  if (bucket_bytes <= 0)
    fail("make_buckets: expected a positive number of bytes, got ", bucket_bytes);
  std::vector<data::Indices> buckets;
  const auto bytes_of = [&](const data::Indices& bucket) {
    std::int64_t bytes = 0;
    for (const std::int64_t i : bucket)
      bytes += parameters[i].numel() * size_of(parameters[i].dtype());
    return bytes;
  };
  for (std::int64_t i = std::ssize(parameters) - 1; i >= 0; --i) {
    data::Indices* takes = nullptr;
    for (data::Indices& bucket : buckets)
      if (!takes && bytes_of(bucket) < bucket_bytes &&
          fit_together(parameters[bucket[0]], parameters[i]))
        takes = &bucket;
    if (!takes) takes = &buckets.emplace_back();
    takes->push_back(i);
  }
  return buckets;
}
