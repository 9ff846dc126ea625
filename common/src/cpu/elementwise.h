#pragma once
#include <algorithm>

#include "cpu/parallel.h"
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

/// Calls row(n, offsets, steps) for every row that the operands have in common, in row-major order.
template <class Row>
void walk_rows(std::initializer_list<const Layout*> layouts, Row&& row) {
  Walk walk(layouts);
  merge_axes(walk);
  const RowSteps steps(walk);
  for_each_row(walk, [&](const RowOffsets& at) { row(steps.length, at, steps.steps); });
}

/// The same rows, or pieces of them, in any order, and on several threads where there is work for
/// them.
template <class Row>
void visit_rows(std::initializer_list<const Layout*> layouts, Row&& row) {
  bool all_contiguous = true;
  for (const Layout* layout : layouts) all_contiguous = all_contiguous && layout->is_contiguous();
  const std::int64_t n = numel((*layouts.begin())->shape);
  if (all_contiguous) {  // nothing to walk: one row, and no bookkeeping
    // Cut between registers: what is left over behind the last whole one is computed singly, with
    // other last digits, and so must not depend on the number of threads.
    constexpr std::int64_t block = 64;
    parallel_for((n + block - 1) / block, parallel_grain / block,
                 [&](std::int64_t first, std::int64_t last) {
                   const std::int64_t begin = first * block,
                                      length = std::min(last * block, n) - begin;
                   row(length, RowOffsets{begin, begin, begin, begin}, RowOffsets{1, 1, 1, 1});
                 });
    return;
  }
  Walk walk(layouts);
  merge_axes(walk);
  const std::int64_t outermost = walk.shape.empty() ? 1 : walk.shape.front();
  parallel_for(outermost, parallel_grain * outermost / std::max<std::int64_t>(n, 1) + 1,
               [&](std::int64_t begin, std::int64_t end) {
                 Walk part = walk;
                 RowOffsets origin{};
                 if (!part.shape.empty()) part.shape.front() = end - begin;
                 for (std::size_t o = 0; o < part.operands && !part.shape.empty(); ++o)
                   origin[o] = begin * part.strides[o].front();
                 const RowSteps steps(part);
                 // The rows themselves lie in rows, walked here: a call through std::function for
                 // each row of 1000 floats would cost as much as a fifth of its additions.
                 RowOffsets next{};
                 std::int64_t rows = 1;
                 if (part.shape.size() >= 2) {
                   const std::size_t above = part.shape.size() - 2;
                   rows = part.shape[above];
                   for (std::size_t o = 0; o < part.operands; ++o) next[o] = part.strides[o][above];
                   part.shape[above] = 1;
                 }
                 for_each_row(part, [&](RowOffsets at) {
                   for (std::size_t o = 0; o < at.size(); ++o) at[o] += origin[o];
                   for (std::int64_t r = 0; r < rows; ++r) {
                     row(steps.length, at, steps.steps);
                     for (std::size_t o = 0; o < at.size(); ++o) at[o] += next[o];
                   }
                 });
               });
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
