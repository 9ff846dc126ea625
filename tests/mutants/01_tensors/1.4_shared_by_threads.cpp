/// Its index is static: of threads, one turns the wheels of the other.
/// \caught_at_random whether four threads, which give way
void for_each_row(const Walk& walk, const std::function<void(const RowOffsets&)>& row) {
  if (numel(walk.shape) == 0) return;
  RowOffsets at{};
  static Shape index;
  const Shape kept = index;
  index = Shape(walk.shape.size(), 0);
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
    if (axis < 0) {
      index = kept;
      return;
    }
  }
}
