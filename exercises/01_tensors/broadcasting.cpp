#include "kindling/cpu_backend.h"

/// How operands of any strides are walked together, one row at a time.
namespace kindling {

Walk::Walk(std::initializer_list<const Layout*> layouts) : shape((*layouts.begin())->shape) {
  for (const Layout* layout : layouts) strides[operands++] = layout->strides;
}

void merge_axes(Walk& walk) {
  std::size_t kept = 0;  // axes [0, kept) are final
  for (std::size_t axis = 0; axis < walk.shape.size(); ++axis) {
    if (walk.shape[axis] == 1) continue;
    bool merges = kept > 0;  // with the axis before it: one step there is this whole axis here
    for (std::size_t o = 0; o < walk.operands && merges; ++o)
      merges = walk.strides[o][kept - 1] == walk.strides[o][axis] * walk.shape[axis];
    if (merges) --kept;
    walk.shape[kept] = merges ? walk.shape[kept] * walk.shape[axis] : walk.shape[axis];
    for (std::size_t o = 0; o < walk.operands; ++o) walk.strides[o][kept] = walk.strides[o][axis];
    ++kept;
  }
  walk.shape.resize(kept);
  for (std::size_t o = 0; o < walk.operands; ++o) walk.strides[o].resize(kept);
}

/// \exercise{1.4} Calls `row` once for every row along the last axis, in row-major order. at[o],
/// for each of walk.operands operands, is where the row begins in operand o: the sum of
/// index · stride over all axes but the last. Nothing is called for a shape without elements; a
/// shape without axes is one row.
/// Shape [2, 3], strides [3, 1] and [0, 1] → row({0, 0}), then row({3, 0}).
void for_each_row(const Walk& walk, const std::function<void(const RowOffsets&)>& row) {
  throw NotImplemented("1.4");
}

}  // namespace kindling
