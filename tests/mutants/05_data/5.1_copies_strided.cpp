/// Copies the example where the data is strided.
/// \caught_at_random its memory: expected that of
Example TensorDataset::get(std::int64_t index) const {
  check_index("TensorDataset", index, size());
  return {data_[index].contiguous(), targets_.defined() ? targets_[index].contiguous() : Tensor()};
}
