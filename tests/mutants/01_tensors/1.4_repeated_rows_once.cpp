/// Calls repeated rows once where no operand moves.
/// \caught_at_random expected an Error, and none was thrown | how often it called row(at)
void for_each_row(const Walk& walk, const std::function<void(const RowOffsets&)>& row) {
  if (numel(walk.shape) == 0) return;
  RowOffsets at{};
  bool all_repeated = walk.shape.size() > 1;
  for (std::size_t o = 0; o < walk.operands; ++o)
    for (std::size_t axis = 0; axis + 1 < walk.shape.size(); ++axis)
      all_repeated = all_repeated && walk.strides[o][axis] == 0;
  Shape index(walk.shape.size(), 0);
  while (true) {
    row(at);
    if (all_repeated && walk.shape.size() > 2) return;
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
