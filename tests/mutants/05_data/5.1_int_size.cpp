/// Counts in an int, which ends at 2³¹.
/// \caught_at_random size(): expected
std::int64_t TensorDataset::size() const { return static_cast<int>(data_.size(0)); }
