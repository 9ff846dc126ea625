#pragma once
#include <limits>
#include <type_traits>

#include "kindling/functors.h"

namespace kindling {

/// As PyTorch: fractions are cut off, every number but 0 is true; what no int64 can hold becomes
/// the smallest one.
template <class To, class From>
KINDLING_HOST_DEVICE To convert(From x) {
  if constexpr (std::is_same_v<To, From>) {
    return x;
  } else if constexpr (std::is_same_v<To, bool>) {
    return x != From(0);
  } else if constexpr (std::is_floating_point_v<From> && std::is_integral_v<To>) {
    return x > From(-0x1p63) && x < From(0x1p63) ? static_cast<To>(x)
                                                 : std::numeric_limits<To>::min();
  } else {
    return static_cast<To>(x);
  }
}

}  // namespace kindling
