#pragma once
#include <cstdint>
#include <optional>
#include <ostream>
#include <string_view>
#include <utility>
#include <vector>

#include "kindling/check.h"

namespace kindling {

/// The length of every axis of a tensor, or its strides, or a list of axes. A type of its own and
/// not an alias of vector, so that printing it is found by argument-dependent lookup.
struct Shape : std::vector<std::int64_t> {
  using vector::vector;
};
std::ostream& operator<<(std::ostream&, const Shape&);

/// How many elements a tensor of this shape has; 1 for [] (a scalar).
/// \throws Error if a length is negative or the product does not fit 63 bits.
std::int64_t numel(const Shape&);

/// Where the elements of a tensor lie in memory: element (i, j, …) is at offset + i·strides[0] +
/// j·strides[1] + …, counted in elements. A view of a tensor is another Layout over the same
/// memory.
struct Layout {
  Shape shape;
  Shape strides;
  std::int64_t offset = 0;

  Layout() = default;
  /// Row-major, from the beginning of the memory.
  explicit Layout(Shape shape);
  Layout(Shape shape, Shape strides, std::int64_t offset);

  /// Whether walking the elements in row-major order walks memory one element at a time.
  bool is_contiguous() const;
  bool operator==(const Layout&) const = default;
};

/// Turns an axis counted from the end (-1 is the last) into one counted from the front.
/// \throws Error if `dim` is not in [-rank, rank-1]; a rank of 0 allows -1 and 0, as PyTorch does.
std::int64_t normalize_dim(std::string_view operation, std::int64_t dim, std::int64_t rank);

/// Strides of a row-major tensor: the last axis is dense, every other steps over all that follow
/// it.
Shape row_major_strides(const Shape&);

/// The shape of an element-by-element operation on two shapes, by NumPy's rule: align at the right,
/// and an axis of length 1, or one that is missing, is repeated. \throws Error if two lengths
/// differ and neither is 1.
Shape broadcast_shapes(const Shape& a, const Shape& b);

/// Fills in the one length that may be given as -1.
/// \throws Error if the lengths cannot hold exactly `numel` elements.
Shape infer_shape(Shape requested, std::int64_t numel);

// Views: new layouts over the same memory. Axes are already normalised and in range.

Layout transpose(const Layout&, std::int64_t dim0, std::int64_t dim1);
Layout permute(const Layout&, const Shape& order);
/// Repeats axes of length 1 by giving them stride 0, and adds axes on the left.
Layout expand(const Layout&, const Shape& shape);
/// Keeps indices start, start+step, … (`length` of them) of one axis.
Layout slice(const Layout&, std::int64_t dim, std::int64_t start, std::int64_t length,
             std::int64_t step);
/// Keeps one index of an axis, and drops the axis.
Layout select(const Layout&, std::int64_t dim, std::int64_t index);
Layout unsqueeze(const Layout&, std::int64_t dim);
Layout squeeze(const Layout&, std::int64_t dim);
/// The same elements under another shape of as many; nothing if no strides can express it without a
/// copy.
std::optional<Layout> view(const Layout&, const Shape& shape);

}  // namespace kindling
