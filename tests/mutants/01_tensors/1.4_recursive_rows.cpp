/// Goes to the next row by recursion.
/// \caught endless recursion has used up the stack
static void step(const Walk& walk, const std::function<void(const RowOffsets&)>& row, RowOffsets at,
                 Shape index) {
  row(at);
  std::int64_t axis = std::ssize(walk.shape) - 2;
  for (; axis >= 0; --axis) {
    for (std::size_t o = 0; o < walk.operands; ++o) at[o] += walk.strides[o][axis];
    if (++index[axis] < walk.shape[axis]) break;
    for (std::size_t o = 0; o < walk.operands; ++o)
      at[o] -= walk.shape[axis] * walk.strides[o][axis];
    index[axis] = 0;
  }
  if (axis >= 0) step(walk, row, at, index);
}
void for_each_row(const Walk& walk, const std::function<void(const RowOffsets&)>& row) {
  if (numel(walk.shape) == 0) return;
  step(walk, row, RowOffsets{}, Shape(walk.shape.size(), 0));
}
