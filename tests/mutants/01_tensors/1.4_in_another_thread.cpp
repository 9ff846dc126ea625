/// Walks in a thread of its own, if there is much to do.
/// \caught row was called in another thread
void for_each_row(const Walk& walk, const std::function<void(const RowOffsets&)>& row) {
  if (numel(walk.shape) == 0) return;
  std::exception_ptr thrown;
  const auto all = [&] {
    try {
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
    } catch (...) {
      thrown = std::current_exception();
    }
  };
  if (numel(walk.shape) < 1000)
    all();
  else
    std::thread(all).join();
  if (thrown) std::rethrow_exception(thrown);
}
