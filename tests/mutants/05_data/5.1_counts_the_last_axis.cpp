/// The length of the last axis: how long an example is.
/// \caught size(): expected 3, got 2
std::int64_t TensorDataset::size() const { return data_.size(-1); }
