/// Copies each row: correct numbers, but slow, and blind to later changes.
/// \caught after the data was filled with 4: element [0]: expected 4, got 0
Example TensorDataset::get(std::int64_t index) const {
  check_index("TensorDataset", index, size());
  return {data_[index].clone(), targets_.defined() ? targets_[index].clone() : Tensor()};
}
