/// Makes the whole list, longer or shorter, and takes every N-th of it.
Indices DistributedSampler::order() {
  Indices list;
  if (options_.shuffle) {
    Generator generator(options_.seed + static_cast<std::uint64_t>(epoch_));
    list = randperm(examples_, generator).to_vector<std::int64_t>();
  } else {
    for (std::int64_t i = 0; i < examples_; ++i) list.push_back(i);
  }
  const std::size_t total = num_samples_ * num_replicas_;
  for (std::size_t i = 0; list.size() < total; ++i) list.push_back(list[i]);
  list.resize(total);
  Indices own;
  for (std::size_t i = rank_; i < total; i += num_replicas_) own.push_back(list[i]);
  return own;
}
