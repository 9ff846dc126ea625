/// By a tensor of the indices, a column of a matrix.
Indices DistributedSampler::order() {
  Tensor all = arange(examples_);
  if (options_.shuffle) {
    Generator own_generator(options_.seed + epoch_);
    all = randperm(examples_, own_generator);
  }
  Indices own(num_samples_);
  const std::int64_t* numbers = all.data_ptr<std::int64_t>();
  for (std::int64_t k = 0; k < num_samples_; ++k)
    own[k] = numbers[(rank_ + k * num_replicas_) % examples_];
  return own;
}
