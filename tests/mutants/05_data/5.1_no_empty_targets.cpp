/// Takes targets without elements for none.
/// \caught_at_random its target, whether it is defined: expected true, got false
Example TensorDataset::get(std::int64_t index) const {
  check_index("TensorDataset", index, size());
  return {data_[index], targets_.defined() && targets_.numel() > 0 ? targets_[index] : Tensor()};
}
