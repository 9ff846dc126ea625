/// A slice of one row still has two axes.
/// \caught the data of example 1: expected shape [2], got [1, 2]
Example TensorDataset::get(std::int64_t index) const {
  check_index("TensorDataset", index, size());
  return {data_.slice(0, index, index + 1),
          targets_.defined() ? targets_.slice(0, index, index + 1) : Tensor()};
}
