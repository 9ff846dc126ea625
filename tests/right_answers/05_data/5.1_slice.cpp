/// A slice of one row, without its first axis.
Example TensorDataset::get(std::int64_t index) const {
  check_index("TensorDataset", index, size());
  const auto row = [index](const Tensor& t) { return t.narrow(0, index, 1).squeeze(0); };
  return {row(data_), targets_.defined() ? row(targets_) : Tensor()};
}
