/// Goes on where the last walk was left by an exception.
/// \caught the calls of row(at) for shape [2, 2, 1]: at [0] expected [0, 0, 0, 0], got [2, 0, 0, 0]
void for_each_row(const Walk& walk, const std::function<void(const RowOffsets&)>& row) {
  if (numel(walk.shape) == 0) return;
  static RowOffsets at;
  Shape index(walk.shape.size(), 0);
  while (true) {
    row(at);
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
