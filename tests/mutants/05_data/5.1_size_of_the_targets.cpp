/// Counts the targets, which need not be there.
/// \caught this tensor is undefined
std::int64_t TensorDataset::size() const { return targets_.size(0); }
