/// Has room for 64 indices: axes further to the left do not move.
/// \caught the calls of row(at) for shape [2, 1, 1
void for_each_row(const Walk& walk, const std::function<void(const RowOffsets&)>& row) {
  if (numel(walk.shape) == 0) return;
  RowOffsets at{};
  std::int64_t index[64] = {};
  const std::int64_t rank = std::ssize(walk.shape), first = std::max<std::int64_t>(rank - 65, 0);
  while (true) {
    row(at);
    std::int64_t axis = rank - 2;
    for (; axis >= first; --axis) {
      for (std::size_t o = 0; o < walk.operands; ++o) at[o] += walk.strides[o][axis];
      if (++index[axis - first] < walk.shape[axis]) break;
      for (std::size_t o = 0; o < walk.operands; ++o)
        at[o] -= walk.shape[axis] * walk.strides[o][axis];
      index[axis - first] = 0;
    }
    if (axis < first) return;
  }
}
