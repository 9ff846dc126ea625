/// Asks for a target even where there is none.
/// \caught this tensor is undefined
Example TensorDataset::get(std::int64_t index) const {
  check_index("TensorDataset", index, size());
  return {data_[index], targets_[index]};
}
