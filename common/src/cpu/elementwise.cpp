#include "cpu/elementwise.h"

#include <algorithm>

#include "cpu/parallel.h"

namespace kindling {

/// Operands without gaps are one row of n elements.
static void for_each_piece(std::int64_t n, const std::function<void(const RowBlock&)>& visit) {
  // Cut between registers: what is left over behind the last whole one is computed singly, with
  // other last digits, and so must not depend on the number of threads.
  constexpr std::int64_t cut = 64;
  parallel_for(
      (n + cut - 1) / cut, parallel_grain / cut, [&](std::int64_t first, std::int64_t last) {
        const std::int64_t begin = first * cut, end = std::min(last * cut, n);
        visit({.length = end - begin, .at = {begin, begin, begin, begin}, .steps = {1, 1, 1, 1}});
      });
}

/// Calls visit for each matrix along the last two axes of a walk, or for the one row that there is.
static void for_each_matrix(Walk walk, const RowOffsets& origin,
                            const std::function<void(const RowBlock&)>& visit) {
  const RowSteps steps(walk);
  RowBlock block{.length = steps.length, .steps = steps.steps};
  if (walk.shape.size() >= 2) {
    const std::size_t above = walk.shape.size() - 2;
    block.count = walk.shape[above];
    for (std::size_t o = 0; o < walk.operands; ++o) block.next[o] = walk.strides[o][above];
    walk.shape[above] = 1;
  }
  for_each_row(walk, [&](const RowOffsets& at) {
    for (std::size_t o = 0; o < at.size(); ++o) block.at[o] = origin[o] + at[o];
    visit(block);
  });
}

void for_each_block(std::initializer_list<const Layout*> layouts,
                    const std::function<void(const RowBlock&)>& visit) {
  const std::int64_t n = numel((*layouts.begin())->shape);
  if (std::ranges::all_of(layouts, &Layout::is_contiguous)) return for_each_piece(n, visit);

  Walk walk(layouts);
  merge_axes(walk);
  if (walk.shape.empty()) return for_each_matrix(walk, {}, visit);
  const std::int64_t outermost = walk.shape.front();
  parallel_for(outermost, parallel_grain * outermost / std::max<std::int64_t>(n, 1) + 1,
               [&](std::int64_t begin, std::int64_t end) {
                 Walk part = walk;
                 part.shape.front() = end - begin;
                 RowOffsets origin{};
                 for (std::size_t o = 0; o < part.operands; ++o)
                   origin[o] = begin * part.strides[o].front();
                 for_each_matrix(part, origin, visit);
               });
}

}  // namespace kindling
