#include "kindling/ops.h"
#include "kindling/primitives.h"

/// Running sums. Each depends on the one before it; yet they need no more than log₂ n steps, each
/// of which adds whole tensors: after step k, every element is the sum of the last 2ᵏ up to its
/// own. Source: Hillis and Steele, Data parallel algorithms (1986). The additions are the same ones
/// on every device, and so are the results, to the last bit.
namespace kindling {

/// y[i] = x[0] + … + x[i], or, from the end, x[i] + … + x[n − 1].
static Tensor running_sum(const Tensor& x, std::int64_t dim, bool from_end) {
  const Tensor sums = primitive::copy(x);
  const std::int64_t n = x.dim() == 0 ? 1 : x.size(dim);
  for (std::int64_t step = 1; step < n; step *= 2) {
    const auto part = [&](std::int64_t start) {
      return primitive::with_layout(sums, slice(sums.layout(), dim, start, n - step, 1));
    };
    const Tensor front = part(0), back = part(step);
    const Tensor added = primitive::zip(functors::Add{}, front, back);
    backend(x.device()).copy(added, from_end ? front : back);
  }
  return sums;
}

/// y[i] = x[0] + … + x[i]:  dx[i] = dy[i] + … + dy[n − 1]
static Tensors cumsum_backward(const Tensor& grad, std::int64_t dim) {
  return {running_sum(grad, dim, true)};
}

Tensor cumsum(const Tensor& x, std::int64_t at) {
  const std::int64_t dim = normalize_dim("cumsum", at, x.dim());
  return record(running_sum(x.dtype() == bool_ ? x.to(int64) : x, dim, false), "CumsumBackward0",
                {x}, cumsum_backward, dim);
}

}  // namespace kindling
