#pragma once
#include <algorithm>
#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <iterator>
#include <optional>
#include <ostream>
#include <string_view>
#include <utility>
#include <vector>

#include "kindling/check.h"

/// Shapes, strides and layouts. Threads: these are values, and every function may be called from
/// any thread.
namespace kindling {

/// The length of every axis of a tensor, or its strides, or a list of axes: a vector of integers
/// that needs no memory of its own while it is short, as nearly all are. Every tensor has two of
/// them, and a small network spends more time on asking for memory than on arithmetic.
class Shape {
 public:
  using value_type = std::int64_t;
  using iterator = std::int64_t*;
  using const_iterator = const std::int64_t*;

  Shape() = default;
  Shape(std::size_t size, std::int64_t value) { resize(size, value); }
  explicit Shape(std::size_t size) : Shape(size, 0) {}
  Shape(std::initializer_list<std::int64_t> values) : Shape(values.begin(), values.end()) {}
  template <std::input_iterator Iterator>
  Shape(Iterator first, Iterator last) {
    insert(end(), first, last);
  }

  // Moving would leave a size without elements behind, and copying costs as little.
  Shape(const Shape&) = default;
  Shape& operator=(const Shape&) = default;

  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  std::int64_t* data() { return size_ <= short_size ? few_.data() : many_.data(); }
  const std::int64_t* data() const { return size_ <= short_size ? few_.data() : many_.data(); }
  iterator begin() { return data(); }
  iterator end() { return data() + size_; }
  auto rbegin() { return std::reverse_iterator(end()); }
  auto rend() { return std::reverse_iterator(begin()); }
  const_iterator begin() const { return data(); }
  const_iterator end() const { return data() + size_; }
  auto rbegin() const { return std::reverse_iterator(end()); }
  auto rend() const { return std::reverse_iterator(begin()); }
  std::int64_t& at(std::size_t i) {
    check(i < size_, "expected an index below ", size_, ", got ", i);
    return data()[i];
  }
  const std::int64_t& at(std::size_t i) const { return const_cast<Shape*>(this)->at(i); }
  std::int64_t& operator[](std::size_t i) { return data()[i]; }
  const std::int64_t& operator[](std::size_t i) const { return data()[i]; }
  std::int64_t& front() { return data()[0]; }
  const std::int64_t& front() const { return data()[0]; }
  std::int64_t& back() { return data()[size_ - 1]; }
  const std::int64_t& back() const { return data()[size_ - 1]; }

  void resize(std::size_t size, std::int64_t value = 0) {
    const std::size_t before = size_;
    if (size > short_size) {
      if (before <= short_size) many_.assign(few_.begin(), few_.begin() + before);
      many_.resize(size);
    } else if (before > short_size) {
      std::copy_n(many_.begin(), size, few_.begin());
      many_.clear();
    }
    size_ = size;
    if (size > before) std::fill(begin() + before, end(), value);
  }
  void reserve(std::size_t size) {
    if (size > short_size) many_.reserve(size);
  }
  void clear() { resize(0); }
  void push_back(std::int64_t value) {
    resize(size_ + 1);
    back() = value;
  }
  void pop_back() { resize(size_ - 1); }
  iterator insert(const_iterator before, std::int64_t value) {
    return insert(before, &value, &value + 1);
  }
  template <std::input_iterator Iterator>
  iterator insert(const_iterator before, Iterator first, Iterator last) {
    const std::ptrdiff_t at = before - begin(), added = std::distance(first, last);
    resize(size_ + static_cast<std::size_t>(added));
    std::copy_backward(begin() + at, end() - added, end());
    std::copy(first, last, begin() + at);
    return begin() + at;
  }
  iterator erase(const_iterator position) { return erase(position, position + 1); }
  iterator erase(const_iterator first, const_iterator last) {
    const std::ptrdiff_t at = first - begin(), removed = last - first;
    std::copy(begin() + at + removed, end(), begin() + at);
    resize(size_ - static_cast<std::size_t>(removed));
    return begin() + at;
  }

  bool operator==(const Shape& other) const { return std::ranges::equal(*this, other); }
  auto operator<=>(const Shape& other) const {
    return std::lexicographical_compare_three_way(begin(), end(), other.begin(), other.end());
  }

 private:
  static constexpr std::size_t short_size = 5;
  std::size_t size_ = 0;
  std::array<std::int64_t, short_size> few_{};
  std::vector<std::int64_t> many_;  // all of them, if they are more than short_size
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

/// Whether two elements of a tensor of this layout are at the same place, so that writing one would
/// change the other: in every repeated axis (stride 0), and in windows that overlap, as [3, 3] with
/// strides [1, 1].
bool has_internal_overlap(const Layout&);

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
