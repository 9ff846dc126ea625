/// Turns the leftmost wheel first: all rows, but in another order.
/// \caught the calls of row(at) for shape [2, 2, 3]: at [1] expected [3, 1], got [6, 0]
void for_each_row(const Walk& walk, const std::function<void(const RowOffsets&)>& row) {
  if (numel(walk.shape) == 0) return;
  RowOffsets at{};
  Shape index(walk.shape.size(), 0);
  while (true) {
    row(at);
    std::int64_t axis = 0;
    for (; axis < std::ssize(walk.shape) - 1; ++axis) {
      for (std::size_t o = 0; o < walk.operands; ++o) at[o] += walk.strides[o][axis];
      if (++index[axis] < walk.shape[axis]) break;
      for (std::size_t o = 0; o < walk.operands; ++o)
        at[o] -= walk.shape[axis] * walk.strides[o][axis];
      index[axis] = 0;
    }
    if (axis >= std::ssize(walk.shape) - 1) return;
  }
}
