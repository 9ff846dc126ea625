/// Looks for the row with an int: beyond 2³¹ it is another one.
/// \caught_at_random its data: element | its data: expected true
Example TensorDataset::get(std::int64_t index) const {
  check_index("TensorDataset", index, size());
  const int row = static_cast<int>(index);
  return {data_[row], targets_.defined() ? targets_[row] : Tensor()};
}
