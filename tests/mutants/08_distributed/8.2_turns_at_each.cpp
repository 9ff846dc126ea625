/// Puts each index in front, and turns the list: quadratic.
/// \caught_at_random still not done after 5 s
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
    own.insert(own.begin(), all[i % examples_]);
  std::ranges::reverse(own);
  return own;
}
