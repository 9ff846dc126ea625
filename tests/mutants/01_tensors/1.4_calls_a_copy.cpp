/// Calls a copy of row.
/// \caught how often row was called, by its own count, with one more call afterwards: expected
/// 1001, got 1
void for_each_row(const Walk& walk, const std::function<void(const RowOffsets&)>& row) {
  const auto mine = row;
  if (numel(walk.shape) == 0) return;
  RowOffsets at{};
  Shape index(walk.shape.size(), 0);
  while (true) {
    mine(at);
    std::int64_t axis = std::ssize(walk.shape) - 2;
    for (; axis >= 0; --axis) {
      for (std::size_t o = 0; o < walk.operands; ++o) at[o] += walk.strides[o][axis];
      if (++index[axis] < walk.shape[axis]) break;
      for (std::size_t o = 0; o < walk.operands; ++o)
        at[o] -= walk.shape[axis] * walk.strides[o][axis];
      index[axis] = 0;
    }
    if (axis < 0) return;
  }
}
