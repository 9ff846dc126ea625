/// Takes targets in the memory of the data for the data.
/// \caught_at_random its target: expected | its target: element | its target, its memory
Example TensorDataset::get(std::int64_t index) const {
  check_index("TensorDataset", index, size());
  Example example{data_[index], Tensor()};
  if (targets_.defined())
    example.target = targets_.storage() == data_.storage() ? example.data : targets_[index];
  return example;
}
