/// One loop for each axis, by recursion.
void for_each_row(const Walk& walk, const std::function<void(const RowOffsets&)>& row) {
  for (const std::int64_t length : walk.shape)
    if (length == 0) return;
  const std::function<void(std::int64_t, RowOffsets)> go = [&](std::int64_t axis, RowOffsets at) {
    if (axis >= std::ssize(walk.shape) - 1) return row(at);
    for (std::int64_t i = 0; i < walk.shape[axis]; ++i) {
      go(axis + 1, at);
      for (std::size_t o = 0; o < walk.operands; ++o) at[o] += walk.strides[o][axis];
    }
  };
  go(0, RowOffsets{});
}
