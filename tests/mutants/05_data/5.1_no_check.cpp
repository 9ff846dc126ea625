/// Leaves it to the tensor to refuse an index.
/// \caught get(3) of 3 examples: expected an Error with another text
Example TensorDataset::get(std::int64_t index) const {
  return {data_[index], targets_.defined() ? targets_[index] : Tensor()};
}
