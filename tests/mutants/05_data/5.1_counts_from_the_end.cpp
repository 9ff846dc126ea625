/// Forgets the check: −1 is the last example then, as for a tensor.
/// \caught get(-1) of 3 examples: expected an Error, and none was thrown
Example TensorDataset::get(std::int64_t index) const {
  check(index < size(), "TensorDataset: example ", index, " is out of range, expected 0 to ",
        size() - 1, " for a dataset of size ", size());
  return {data_[index], targets_.defined() ? targets_[index] : Tensor()};
}
