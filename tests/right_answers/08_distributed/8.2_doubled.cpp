/// Doubles the list until it is long enough.
Indices DistributedSampler::order() {
  Indices all(examples_);
  std::iota(all.begin(), all.end(), 0);
  if (options_.shuffle) {
    Generator generator(options_.seed + epoch_);
    all = randperm(examples_, generator).to_vector<std::int64_t>();
  }
  while (std::ssize(all) < num_samples_ * num_replicas_) {
    const Indices once = all;
    all.insert(all.end(), once.begin(), once.end());
  }
  Indices own;
  own.reserve(num_samples_);
  for (std::int64_t i = rank_; i < num_samples_ * num_replicas_; i += num_replicas_)
    own.push_back(all[i]);
  return own;
}
