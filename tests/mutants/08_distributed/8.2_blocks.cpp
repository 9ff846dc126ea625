/// Deals out blocks: rank 0 the first ones, rank 1 the next.
/// \caught over 6 examples, shuffle = false: at [1] expected 2, got 1
Indices DistributedSampler::order() {
  Indices all(examples_);
  std::iota(all.begin(), all.end(), 0);
  if (options_.shuffle) {
    Generator generator(options_.seed + epoch_);
    all = randperm(examples_, generator).to_vector<std::int64_t>();
  }
  Indices own;
  own.reserve(num_samples_);
  for (std::int64_t i = rank_ * num_samples_; i < (rank_ + 1) * num_samples_; ++i)
    own.push_back(all[i % examples_]);
  return own;
}
