#include <vector>

#include "axes.h"
#include "cpu/parallel.h"

/// Running sums, each of which depends on the one before it.
namespace kindling {

/// What a running sum is kept in: float64 or int64.
template <class T>
using SumOf = std::conditional_t<std::is_floating_point_v<T>, double, std::int64_t>;

/// One after the other, along the middle axis of x and sums [outer, n, inner].
static void sum_in_order(const Tensor& x, const Tensor& sums, bool from_end) {
  const std::int64_t outer = x.size(0), n = x.size(1), inner = x.size(2);
  dispatch(x.dtype(), [&]<class T>() {
    const auto sum_one = [&](std::int64_t o) {
      std::vector<SumOf<T>> totals(static_cast<std::size_t>(inner), SumOf<T>(0));
      for (std::int64_t k = 0; k < n; ++k) {
        const std::int64_t at = (o * n + (from_end ? n - 1 - k : k)) * inner;
        const T* from = x.data_ptr<T>() + at;
        T* to = sums.data_ptr<T>() + at;
        for (std::int64_t i = 0; i < inner; ++i) {
          totals[i] = functors::Add{}(totals[i], static_cast<SumOf<T>>(from[i]));
          to[i] = static_cast<T>(totals[i]);
        }
      }
    };
    parallel_for(outer, parallel_grain / std::max<std::int64_t>(n * inner, 1) + 1,
                 [&](std::int64_t begin, std::int64_t end) {
                   for (std::int64_t o = begin; o < end; ++o) sum_one(o);
                 });
  });
}

/// Where everything happens at once, in log₂ n steps, each of which adds whole tensors: after step
/// k, every element is the sum of the last 2ᵏ up to its own. Source: Hillis and Steele, Data
/// parallel algorithms (1986)
static void sum_by_doubling(const Tensor& sums, bool from_end) {
  const std::int64_t n = sums.size(1);
  for (std::int64_t step = 1; step < n; step *= 2) {
    const auto part = [&](std::int64_t start) {
      return primitive::with_layout(sums, slice(sums.layout(), 1, start, n - step, 1));
    };
    const Tensor front = part(0), back = part(step);
    backend(sums.device())
        .copy(primitive::zip(functors::Add{}, front, back), from_end ? front : back);
  }
}

/// y[i] = x[0] + … + x[i], or, from the end, x[i] + … + x[n − 1].
static Tensor running_sum(const Tensor& x, std::int64_t dim, bool from_end) {
  const bool in_order = x.device() == cpu;
  const Tensor sums = in_order ? empty_like(x) : primitive::copy(x);
  if (in_order)
    sum_in_order(fold_around(x, dim), fold_around(sums, dim), from_end);
  else
    sum_by_doubling(fold_around(sums, dim), from_end);
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
