#pragma once
#include <cmath>
#include <limits>
#include <type_traits>

/// The larger and the smaller of two numbers as every group computes them: NaN if either is, as
/// torch.maximum and torch.minimum; and 0 is larger than −0. They do not depend on the order of
/// their arguments, so every rank gets the same, in whatever order it hears of the others.
namespace kindling::distributed {

template <class T>
T larger(T a, T b) {
  if constexpr (std::is_floating_point_v<T>) {
    if (std::isnan(a) || std::isnan(b)) return std::numeric_limits<T>::quiet_NaN();
    if (a == b) return std::signbit(a) ? b : a;
  }
  return a > b ? a : b;
}

template <class T>
T smaller(T a, T b) {
  if constexpr (std::is_floating_point_v<T>) {
    if (std::isnan(a) || std::isnan(b)) return std::numeric_limits<T>::quiet_NaN();
    if (a == b) return std::signbit(a) ? a : b;
  }
  return a < b ? a : b;
}

}  // namespace kindling::distributed
