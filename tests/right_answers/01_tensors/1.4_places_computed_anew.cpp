/// Counts the indices up, and computes each place anew.
void for_each_row(const Walk& walk, const std::function<void(const RowOffsets&)>& row) {
  if (numel(walk.shape) == 0) return;
  std::vector<std::int64_t> index(walk.shape.empty() ? 0 : walk.shape.size() - 1);
  for (bool more = true; more;) {
    RowOffsets at;
    at.fill(0);
    for (std::size_t o = 0; o < walk.operands; ++o)
      for (std::size_t axis = 0; axis < index.size(); ++axis)
        at[o] += index[axis] * walk.strides[o][axis];
    row(at);
    std::size_t axis = index.size();
    while (axis > 0 && ++index[axis - 1] == walk.shape[axis - 1]) index[--axis] = 0;
    more = axis > 0;
  }
}
