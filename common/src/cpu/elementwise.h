#pragma once
#include <functional>
#include <initializer_list>

#include "kindling/cpu_backend.h"
#include "kindling/functors.h"

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

/// Rows of one length whose beginnings lie `next` apart in each operand.
struct RowBlock {
  std::int64_t count = 1, length = 1;
  RowOffsets at{}, next{}, steps{};
};

/// Cuts all rows that the operands have in common into blocks, and calls visit for each, in any
/// order, on several threads where there is work for them.
void for_each_block(std::initializer_list<const Layout*> layouts,
                    const std::function<void(const RowBlock&)>& visit);

/// The same rows, or pieces of them, in any order, and on several threads where there is work for
/// them. A row is called without a std::function, which for rows of 1000 floats would cost as much
/// as a fifth of their additions.
template <class Row>
void visit_rows(std::initializer_list<const Layout*> layouts, Row&& row) {
  for_each_block(layouts, [&row](const RowBlock& block) {
    RowOffsets at = block.at;
    for (std::int64_t r = 0; r < block.count; ++r) {
      row(block.length, at, block.steps);
      for (std::size_t o = 0; o < at.size(); ++o) at[o] += block.next[o];
    }
  });
}

/// Operations that are computed a number at a time, by the standard library: xsimd's pow() is off
/// by several units in the last place, and 0⁰ is 0 to it.
template <class Op>
inline constexpr bool is_scalar_only = false;
template <>
inline constexpr bool is_scalar_only<functors::Pow> = true;
template <>
inline constexpr bool is_scalar_only<functors::WithRight<functors::Pow>> = true;
template <>
inline constexpr bool is_scalar_only<functors::WithLeft<functors::Pow>> = true;
template <>
inline constexpr bool is_scalar_only<functors::Remainder> = true;
template <>
inline constexpr bool is_scalar_only<functors::FloorDivide> = true;

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
