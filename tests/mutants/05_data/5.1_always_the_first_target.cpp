/// Gives the first target with every example.
/// \caught the target of example 1: element []: expected 8, got 7
Example TensorDataset::get(std::int64_t index) const {
  check_index("TensorDataset", index, size());
  return {data_[index], targets_.defined() ? targets_[0] : Tensor()};
}
