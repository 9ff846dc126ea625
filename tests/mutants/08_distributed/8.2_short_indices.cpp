/// Keeps indices in 16 bits: from 65536 on they are others.
/// \caught_at_random the checksum of them: expected
Indices DistributedSampler::order() {
  Indices all(examples_);
  std::iota(all.begin(), all.end(), 0);
  if (options_.shuffle) {
    Generator generator(options_.seed + epoch_);
    all = randperm(examples_, generator).to_vector<std::int64_t>();
  }
  Indices own;
  own.reserve(num_samples_);
  for (std::int64_t i = rank_; i < num_samples_ * num_replicas_; i += num_replicas_)
    own.push_back(static_cast<std::uint16_t>(all[i % examples_]));
  return own;
}
