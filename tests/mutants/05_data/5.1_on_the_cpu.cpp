/// Brings the example to the CPU.
/// \caught_at_random where it is: expected cuda:0, got cpu
Example TensorDataset::get(std::int64_t index) const {
  check_index("TensorDataset", index, size());
  return {data_[index].to(cpu), targets_.defined() ? targets_[index].to(cpu) : Tensor()};
}
