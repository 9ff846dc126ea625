/// Keeps the bucket that is being filled for each dtype and device.
std::vector<data::Indices> make_buckets(const Tensors& parameters, std::int64_t bucket_bytes) {
  check(bucket_bytes > 0, "make_buckets: expected a positive number of bytes, got ", bucket_bytes);
  struct Open {
    DType dtype;
    Device device;
    std::size_t bucket;
    std::int64_t room;
  };
  std::vector<Open> open;
  std::vector<data::Indices> buckets;
  for (auto i = std::ssize(parameters); i-- > 0;) {
    const Tensor& p = parameters[i];
    auto found = std::find_if(open.begin(), open.end(), [&](const Open& o) {
      return o.dtype == p.dtype() && o.device == p.device();
    });
    if (found == open.end()) {
      open.push_back({p.dtype(), p.device(), buckets.size(), bucket_bytes});
      buckets.emplace_back();
      found = open.end() - 1;
    }
    buckets[found->bucket].push_back(i);
    found->room -= p.numel() * size_of(p.dtype());
    if (found->room <= 0) open.erase(found);
  }
  return buckets;
}
