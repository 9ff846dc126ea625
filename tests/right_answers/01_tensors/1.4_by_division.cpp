/// Divides the number of the row into its indices.
void for_each_row(const Walk& walk, const std::function<void(const RowOffsets&)>& row) {
  const std::int64_t elements = numel(walk.shape);
  if (elements == 0) return;
  const std::int64_t rows = walk.shape.empty() ? 1 : elements / walk.shape.back();
  for (std::int64_t n = 0; n < rows; ++n) {
    RowOffsets at{};
    std::int64_t left = n;
    for (std::int64_t axis = std::ssize(walk.shape) - 2; axis >= 0; --axis) {
      const std::int64_t index = left % walk.shape[axis];
      left /= walk.shape[axis];
      for (std::size_t o = 0; o < walk.operands; ++o) at[o] += index * walk.strides[o][axis];
    }
    row(at);
  }
}
