/// Counts the rows off, one row length after the other, as if every operand were dense.
/// \caught the calls of row(at) for shape [2, 3]: at [1] expected [3, 0], got [3, 3]
void for_each_row(const Walk& walk, const std::function<void(const RowOffsets&)>& row) {
  const std::int64_t elements = numel(walk.shape);
  const std::int64_t length = walk.shape.empty() ? 1 : walk.shape.back();
  for (std::int64_t begin = 0; begin < elements; begin += length) {
    RowOffsets at{};
    for (std::size_t o = 0; o < walk.operands; ++o) at[o] = begin;
    row(at);
  }
}
