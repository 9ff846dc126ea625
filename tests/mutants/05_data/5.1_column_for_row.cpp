/// Takes a column of the data.
/// \caught the data of example 1: expected shape [2], got [3]
Example TensorDataset::get(std::int64_t index) const {
  check_index("TensorDataset", index, size());
  return {data_.select(-1, index), targets_.defined() ? targets_[index] : Tensor()};
}
