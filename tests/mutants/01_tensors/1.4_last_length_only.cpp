/// Looks for a 0 in the last two lengths only.
/// \caught the calls of row(at) for shape [0, 3, 1, 4]: expected {}, got {[0, 0, 0], [0, 4, 0], [0,
void for_each_row(const Walk& walk, const std::function<void(const RowOffsets&)>& row) {
  for (std::size_t axis = 0; axis < walk.shape.size(); ++axis)
    if (axis + 3 >= walk.shape.size() && walk.shape[axis] == 0) return;
  RowOffsets at{};
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
