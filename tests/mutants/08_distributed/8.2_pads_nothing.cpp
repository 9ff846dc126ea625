/// Stops at the end of the examples: the last ranks have one less, and the others wait for them.
/// \caught expected {1, 3, 0}, got {1, 3}
Indices DistributedSampler::order() {
  Indices all(examples_);
  std::iota(all.begin(), all.end(), 0);
  if (options_.shuffle) {
    Generator generator(options_.seed + epoch_);
    all = randperm(examples_, generator).to_vector<std::int64_t>();
  }
  Indices own;
  own.reserve(num_samples_);
  for (std::int64_t i = rank_; i < std::min(examples_, num_samples_ * num_replicas_);
       i += num_replicas_)
    own.push_back(all[i]);
  return own;
}
