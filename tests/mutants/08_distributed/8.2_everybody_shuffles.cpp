/// Draws the order from the default generator, which is another on each rank.
/// \caught seed 123, epoch 0
Indices DistributedSampler::order() {
  Indices all(examples_);
  std::iota(all.begin(), all.end(), 0);
  if (options_.shuffle) {
    all = randperm(examples_).to_vector<std::int64_t>();
  }
  Indices own;
  own.reserve(num_samples_);
  for (std::int64_t i = rank_; i < num_samples_ * num_replicas_; i += num_replicas_)
    own.push_back(all[i % examples_]);
  return own;
}
