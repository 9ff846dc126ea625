#pragma once
#include "kindling/cpu_backend.h"

namespace kindling {

/// The distance between neighbours of a row, for each operand.
struct RowSteps {
  std::int64_t length = 1;
  RowOffsets steps{};
  explicit RowSteps(const Walk& walk) {
    if (walk.shape.empty()) return;
    length = walk.shape.back();
    for (std::size_t o = 0; o < walk.operands; ++o) steps[o] = walk.strides[o].back();
  }
};

/// Calls row(n, offsets, steps) for every row that the operands have in common.
template <class Row>
void walk_rows(std::initializer_list<const Layout*> layouts, Row&& row) {
  bool all_contiguous = true;
  for (const Layout* layout : layouts) all_contiguous = all_contiguous && layout->is_contiguous();
  if (all_contiguous) {  // nothing to walk: one row, and no bookkeeping
    row(numel((*layouts.begin())->shape), RowOffsets{}, RowOffsets{1, 1, 1, 1});
    return;
  }
  Walk walk(layouts);
  merge_axes(walk);
  const RowSteps steps(walk);
  for_each_row(walk, [&](const RowOffsets& at) { row(steps.length, at, steps.steps); });
}

/// The types that arithmetic is done in; bool is computed as int64 by the layer above.
template <class F>
void dispatch_number(DType dtype, F&& f) {
  switch (dtype) {
    case DType::int64:
      return f.template operator()<std::int64_t>();
    case DType::float32:
      return f.template operator()<float>();
    case DType::float64:
      return f.template operator()<double>();
    case DType::bool_:
      fail("backend: no arithmetic on bool");
  }
}

}  // namespace kindling
