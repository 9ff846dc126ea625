/// By shape().
std::int64_t TensorDataset::size() const { return data_.shape().front(); }
