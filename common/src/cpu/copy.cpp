#include <algorithm>
#include <cmath>
#include <limits>

#include "cpu/elementwise.h"

namespace kindling {

/// As PyTorch: fractions are cut off, every number but 0 is true; what no int64 can hold becomes
/// the smallest one.
template <class To, class From>
static To convert(From x) {
  if constexpr (std::is_same_v<To, bool>) {
    return x != From(0);
  } else if constexpr (std::is_floating_point_v<From> && std::is_integral_v<To>) {
    return std::abs(x) < From(0x1p63) ? static_cast<To>(x) : std::numeric_limits<To>::min();
  } else {
    return static_cast<To>(x);
  }
}

void CpuBackend::copy(const Tensor& from, const Tensor& out) {
  dispatch(from.dtype(), [&]<class From>() {
    dispatch(out.dtype(), [&]<class To>() {
      const From* source = from.data_ptr<From>();
      To* target = out.data_ptr<To>();
      walk_rows({&out.layout(), &from.layout()},
                [&](std::int64_t n, const RowOffsets& at, const RowOffsets& step) {
                  const From* x = source + at[1];
                  To* y = target + at[0];
                  if constexpr (std::is_same_v<From, To>) {
                    if (step[0] == 1 && step[1] == 1) {
                      std::copy_n(x, n, y);
                      return;
                    }
                  }
                  for (std::int64_t i = 0; i < n; ++i) y[i * step[0]] = convert<To>(x[i * step[1]]);
                });
    });
  });
}

void CpuBackend::fill(const Tensor& out, Scalar value) {
  dispatch(out.dtype(), [&]<class T>() {
    T* target = out.data_ptr<T>();
    const T x = value.is_floating_point() ? convert<T>(value.to<double>()) : value.to<T>();
    walk_rows({&out.layout()}, [&](std::int64_t n, const RowOffsets& at, const RowOffsets& step) {
      for (std::int64_t i = 0; i < n; ++i) target[at[0] + i * step[0]] = x;
    });
  });
}

}  // namespace kindling
