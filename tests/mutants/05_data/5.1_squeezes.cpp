/// Takes a slice of one row and all axes of length 1 out of it: [2, 1, 28, 28] loses two.
/// \caught_at_random expected shape
Example TensorDataset::get(std::int64_t index) const {
  check_index("TensorDataset", index, size());
  const auto row = [&](const Tensor& t) { return t.narrow(0, index, 1).squeeze(); };
  return {row(data_), targets_.defined() ? row(targets_) : Tensor()};
}
