/// Keeps the last order, by its epoch, for whoever asks next.
/// \caught_at_random order() of rank
Indices DistributedSampler::order() {
  Indices all(examples_);
  std::iota(all.begin(), all.end(), 0);
  if (options_.shuffle) {
    static std::int64_t epoch = -1;
    static Indices kept;
    if (epoch != epoch_ || std::ssize(kept) != examples_) {
      Generator generator(options_.seed + epoch_);
      kept = randperm(examples_, generator).to_vector<std::int64_t>();
      epoch = epoch_;
    }
    all = kept;
  }
  Indices own;
  own.reserve(num_samples_);
  for (std::int64_t i = rank_; i < num_samples_ * num_replicas_; i += num_replicas_)
    own.push_back(all[i % examples_]);
  return own;
}
