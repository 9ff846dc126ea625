#include "kindling/shape.h"

/// Views: arithmetic on a few integers, without touching an element.
namespace kindling {

Layout permute(const Layout& x, const Shape& order) {
  Layout out = x;
  for (std::size_t i = 0; i < order.size(); ++i) {
    out.shape[i] = x.shape[order[i]];
    out.strides[i] = x.strides[order[i]];
  }
  return out;
}

Layout expand(const Layout& x, const Shape& shape) {
  Layout out(shape, Shape(shape.size(), 0), x.offset);
  const std::size_t added = shape.size() - x.shape.size();
  for (std::size_t i = 0; i < x.shape.size(); ++i)
    if (x.shape[i] == shape[added + i]) out.strides[added + i] = x.strides[i];
  return out;
}

Layout slice(const Layout& x, std::int64_t dim, std::int64_t start, std::int64_t length,
             std::int64_t step) {
  Layout out = x;
  out.offset += start * x.strides[dim];
  out.shape[dim] = length;
  out.strides[dim] *= step;
  return out;
}

Layout select(const Layout& x, std::int64_t dim, std::int64_t index) {
  return squeeze(slice(x, dim, index, 1, 1), dim);
}

Layout unsqueeze(const Layout& x, std::int64_t dim) {
  Layout out = x;
  const bool last = dim == std::ssize(x.shape);
  out.strides.insert(out.strides.begin() + dim, last ? 1 : x.shape[dim] * x.strides[dim]);
  out.shape.insert(out.shape.begin() + dim, 1);
  return out;
}

Layout squeeze(const Layout& x, std::int64_t dim) {
  Layout out = x;
  out.shape.erase(out.shape.begin() + dim);
  out.strides.erase(out.strides.begin() + dim);
  return out;
}

/// Walks old and new axes from the right in step. Old axes that follow each other without a gap
/// form one run of memory, which new axes can divide as they like; no new axis can reach across a
/// gap.
std::optional<Layout> view(const Layout& x, const Shape& shape) {
  if (numel(shape) == 0) return Layout(shape, row_major_strides(shape), x.offset);
  Layout out(shape, Shape(shape.size(), 1), x.offset);
  std::int64_t to = std::ssize(shape) - 1;
  std::int64_t run = 1;                                          // elements in the run so far
  std::int64_t step = x.strides.empty() ? 1 : x.strides.back();  // of the run's last axis
  for (std::int64_t from = std::ssize(x.shape) - 1; from >= 0; --from) {
    run *= x.shape[from];
    const bool gap = from > 0 && x.shape[from - 1] != 1 && x.strides[from - 1] != run * step;
    if (from > 0 && !gap) continue;
    std::int64_t filled = 1;
    for (; to >= 0 && (filled < run || shape[to] == 1); --to) {
      out.strides[to] = filled * step;
      filled *= shape[to];
    }
    if (filled != run) return std::nullopt;
    if (from > 0) {
      run = 1;
      step = x.strides[from - 1];
    }
  }
  for (; to >= 0; --to) out.strides[to] = run * step;  // what is left are axes of length 1
  return out;
}

}  // namespace kindling
