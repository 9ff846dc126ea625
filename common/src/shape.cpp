#include "kindling/shape.h"

#include <cstdlib>

#include "kindling/device.h"
#include "kindling/dtype.h"

namespace kindling {

std::ostream& operator<<(std::ostream& out, const Shape& shape) {
  out << '[';
  for (std::size_t i = 0; i < shape.size(); ++i) out << (i ? ", " : "") << shape[i];
  return out << ']';
}

std::ostream& operator<<(std::ostream& out, DType dtype) {
  switch (dtype) {
    case DType::bool_:
      return out << "bool";
    case DType::int64:
      return out << "int64";
    case DType::float32:
      return out << "float32";
    case DType::float64:
      return out << "float64";
  }
  __builtin_unreachable();
}

std::ostream& operator<<(std::ostream& out, Device device) {
  return device.type == Device::Type::cpu ? out << "cpu" : out << "cuda:" << device.index;
}

std::int64_t size_of(DType dtype) {
  return dispatch(dtype, []<class T>() { return static_cast<std::int64_t>(sizeof(T)); });
}

std::int64_t numel(const Shape& shape) {
  std::int64_t product = 1;  // of the others, if some are 0: strides are made of them all the same
  bool empty = false;
  for (std::int64_t length : shape) {
    check(length >= 0, "a shape cannot have a negative length, got ", shape);
    empty |= length == 0;
    check(length == 0 || !__builtin_mul_overflow(product, length, &product), "shape ", shape,
          " has more elements than 63 bits can count");
  }
  return empty ? 0 : product;
}

Layout::Layout(Shape lengths) : shape(std::move(lengths)), strides(row_major_strides(shape)) {}
Layout::Layout(Shape shape, Shape strides, std::int64_t offset)
    : shape(std::move(shape)), strides(std::move(strides)), offset(offset) {}

bool Layout::is_contiguous() const {
  std::int64_t expected = 1;
  for (std::int64_t i = std::ssize(shape) - 1; i >= 0; --i) {
    if (shape[i] == 0) return true;
    if (shape[i] == 1) continue;
    if (strides[i] != expected) return kindling::numel(shape) == 0;
    expected *= shape[i];
  }
  return true;
}

std::int64_t normalize_dim(std::string_view operation, std::int64_t dim, std::int64_t rank) {
  const std::int64_t limit = rank == 0 ? 1 : rank;
  check(-limit <= dim && dim < limit, operation,
        ": Dimension out of range (expected to be in range of [", -limit, ", ", limit - 1,
        "], but got ", dim, ")");
  return dim < 0 ? dim + limit : dim;
}

bool has_internal_overlap(const Layout& layout) {
  if (layout.is_contiguous()) return false;
  const std::int64_t count = numel(layout.shape);
  struct Axis {
    std::int64_t step, length;
    auto operator<=>(const Axis&) const = default;
  };
  std::vector<Axis> axes;  // from the shortest step to the longest
  for (std::size_t i = 0; i < layout.shape.size(); ++i)
    if (layout.shape[i] > 1) axes.push_back({std::abs(layout.strides[i]), layout.shape[i]});
  std::ranges::sort(axes);
  // As in a row-major tensor, each step leads beyond all that the shorter ones reach.
  bool nested = true;
  std::int64_t reach = 0;
  for (const auto& [step, length] : axes) {
    nested = nested && step > reach;
    reach += (length - 1) * step;
  }
  if (nested) return false;
  if (count > reach + 1) return true;  // more elements than places
  // What is left is rare: every place is looked at.
  std::vector<std::int64_t> places{0};
  for (const auto& [step, length] : axes) {
    const std::size_t before = places.size();
    for (std::int64_t k = 1; k < length; ++k)
      for (std::size_t i = 0; i < before; ++i) places.push_back(places[i] + k * step);
  }
  std::vector<bool> taken(static_cast<std::size_t>(reach) + 1);
  for (const std::int64_t place : places) {
    if (taken[place]) return true;
    taken[place] = true;
  }
  return false;
}

Shape infer_shape(Shape requested, std::int64_t count) {
  std::int64_t known = 1;
  std::int64_t* unknown = nullptr;
  const auto refuse = [&, wanted = requested] {
    fail("shape ", wanted, " is invalid for input of size ", count);
  };
  for (std::int64_t& length : requested) {
    if (length == -1) {
      check(!unknown, "only one dimension can be inferred, got ", requested);
      unknown = &length;
    } else {
      check(length >= 0, "invalid shape dimension ", length, " in ", requested);
      if (__builtin_mul_overflow(known, length, &known)) refuse();
    }
  }
  if (unknown) {
    check(known != 0, "cannot infer the length of a dimension of shape ", requested,
          " of a tensor with ", count, " elements: any length would fit");
    if (count % known != 0) refuse();
    *unknown = count / known;
  } else if (known != count) {
    refuse();
  }
  return requested;
}

}  // namespace kindling
