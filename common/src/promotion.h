#pragma once
#include <algorithm>

#include "kindling/ops.h"
#include "kindling/primitives.h"

/// Functors applied to operands of any dtype: they are brought to a common one first, as PyTorch
/// does.
namespace kindling {

/// f(x), for operations that only make sense on real numbers: integers become float32 first.
inline Tensor map_floating(const Unary& f, const Tensor& x) {
  return primitive::map(f, primitive::cast(x, std::max(x.dtype(), float32)));
}

/// f(a, b) in the type that both are promoted to. Truth values are computed as integers.
inline Tensor zip_promoted(const Binary& f, const Tensor& a, const Tensor& b) {
  const DType result = result_type(a, b);
  const DType computed = std::max(result, int64);
  return primitive::cast(
      primitive::zip(f, primitive::cast(a, computed), primitive::cast(b, computed)), result);
}

}  // namespace kindling
