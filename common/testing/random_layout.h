#pragma once
#include <algorithm>
#include <random>
#include <vector>

#include "kindling/shape.h"

namespace kindling::testing {

/// Where each element lies, in row-major order of the indices: the definition of strides, spelled
/// out.
inline std::vector<std::int64_t> every_offset(const Layout& x) {
  std::vector<std::int64_t> offsets{x.offset};
  for (std::size_t axis = 0; axis < x.shape.size(); ++axis) {
    std::vector<std::int64_t> next;
    for (std::int64_t at : offsets)
      for (std::int64_t i = 0; i < x.shape[axis]; ++i) next.push_back(at + i * x.strides[axis]);
    offsets = std::move(next);
  }
  return offsets;
}

/// A view that a program could have made: sliced, permuted, with axes of length 1, 0 and stride 0
/// among others.
inline Layout random_layout(std::mt19937& random) {
  Shape shape(random() % 5);
  for (auto& length : shape) length = random() % 12 == 0 ? 0 : 1 + random() % 4;
  Layout x(shape);
  for (std::int64_t axis = 0; axis < std::ssize(shape); ++axis) {
    if (x.shape[axis] > 1 && random() % 3 == 0) {  // every second element, or all but the first
      const std::int64_t start = random() % 2, step = 1 + random() % 2;
      x = slice(x, axis, start, (x.shape[axis] - start + step - 1) / step, step);
    }
    if (x.shape[axis] == 1 && random() % 3 == 0) {
      Shape wide = x.shape;
      wide[axis] = 3;
      x = expand(x, wide);
    }
  }
  if (random() % 2 == 0) {
    Shape order(x.shape.size());
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = static_cast<std::int64_t>(i);
    std::shuffle(order.begin(), order.end(), random);
    x = permute(x, order);
  }
  return x;
}

}  // namespace kindling::testing
