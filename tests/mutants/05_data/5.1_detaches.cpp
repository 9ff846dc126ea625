/// Takes the example out of the graph.
/// \caught_at_random whether it requires gradients: expected true, got false
Example TensorDataset::get(std::int64_t index) const {
  check_index("TensorDataset", index, size());
  return {data_.detach()[index], targets_.defined() ? targets_.detach()[index] : Tensor()};
}
