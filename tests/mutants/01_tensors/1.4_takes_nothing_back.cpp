/// A wheel that comes to its end is set to 0, but what it has moved stays.
/// \caught the calls of row(at) for shape [2, 2, 3]: at [2] expected [6, 0], got [12, 2]
void for_each_row(const Walk& walk, const std::function<void(const RowOffsets&)>& row) {
  if (numel(walk.shape) == 0) return;
  RowOffsets at{};
  Shape index(walk.shape.size(), 0);
  while (true) {
    row(at);
    std::int64_t axis = std::ssize(walk.shape) - 2;
    for (; axis >= 0; --axis) {
      for (std::size_t o = 0; o < walk.operands; ++o) at[o] += walk.strides[o][axis];
      if (++index[axis] < walk.shape[axis]) break;
      index[axis] = 0;
    }
    if (axis < 0) return;
  }
}
