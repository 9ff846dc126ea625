/// Leaves it to the tensor to refuse an index.
/// \caught get(3) of 3 examples: expected another text in the Error
Example TensorDataset::get(std::int64_t index) const {
  return {data_[index], targets_.defined() ? targets_[index] : Tensor()};
}
