/// With drop_last, what is too much is cut off before it is shuffled.
/// \caught_at_random order() of rank
Indices DistributedSampler::order() {
  Indices all(examples_);
  std::iota(all.begin(), all.end(), 0);
  if (options_.shuffle) {
    Generator generator(options_.seed + epoch_);
    all = randperm(std::min(examples_, num_samples_ * num_replicas_), generator)
              .to_vector<std::int64_t>();
  }
  Indices own;
  own.reserve(num_samples_);
  for (std::int64_t i = rank_; i < num_samples_ * num_replicas_; i += num_replicas_)
    own.push_back(all[i % examples_]);
  return own;
}
