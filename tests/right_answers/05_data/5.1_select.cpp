/// By select().
Example TensorDataset::get(std::int64_t index) const {
  check_index("TensorDataset", index, size());
  Example example{data_.select(0, index), {}};
  if (targets_.defined()) example.target = targets_.select(0, index);
  return example;
}
