/// Swallows what row throws, unless it is a std::exception.
/// \caught the int that the second call of row threw: expected 7, got 0
void for_each_row(const Walk& walk, const std::function<void(const RowOffsets&)>& row) {
  if (numel(walk.shape) == 0) return;
  RowOffsets at{};
  Shape index(walk.shape.size(), 0);
  while (true) {
    try {
      row(at);
    } catch (const std::exception& e) {
      throw;
    } catch (...) {
      return;
    }
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
