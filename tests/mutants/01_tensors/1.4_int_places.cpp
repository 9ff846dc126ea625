/// Keeps where a row begins in an int.
/// \caught row 3: expected [9, 3000000021], got
void for_each_row(const Walk& walk, const std::function<void(const RowOffsets&)>& row) {
  if (numel(walk.shape) == 0) return;
  RowOffsets at{};
  std::array<int, 4> place{};
  Shape index(walk.shape.size(), 0);
  while (true) {
    row(at);
    std::int64_t axis = std::ssize(walk.shape) - 2;
    for (; axis >= 0; --axis) {
      for (std::size_t o = 0; o < walk.operands; ++o)
        at[o] = place[o] += static_cast<int>(walk.strides[o][axis]);
      if (++index[axis] < walk.shape[axis]) break;
      for (std::size_t o = 0; o < walk.operands; ++o)
        at[o] = place[o] -= static_cast<int>(walk.shape[axis] * walk.strides[o][axis]);
      index[axis] = 0;
    }
    if (axis < 0) return;
  }
}
