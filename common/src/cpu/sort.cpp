#include "fused/sort.h"

#include <algorithm>
#include <numeric>
#include <vector>

#include "cpu/parallel.h"

namespace kindling {

/// Whether a is smaller than b; NaN is larger than every number.
template <class T>
static bool is_smaller(T a, T b) {
  return a < b || (b != b && a == a);
}

void sort_rows_on_cpu(const Tensor& x, bool descending, const Tensor& values,
                      const Tensor& indices) {
  const std::int64_t rows = x.size(0), n = x.size(1), k = values.size(1);
  dispatch(x.dtype(), [&]<class T>() {
    const auto sort_row = [&](std::int64_t row, std::vector<std::int64_t>& order) {
      const T* of_row = x.data_ptr<T>() + row * n;
      // The index decides between equals, so that no two are equal.
      const auto comes_first = [&](std::int64_t i, std::int64_t j) {
        const T a = of_row[i], b = of_row[j];
        if (is_smaller(a, b)) return !descending;
        if (is_smaller(b, a)) return descending;
        return i < j;
      };
      std::iota(order.begin(), order.end(), 0);
      if (k < n)
        std::partial_sort(order.begin(), order.begin() + k, order.end(), comes_first);
      else
        std::sort(order.begin(), order.end(), comes_first);
      std::copy_n(order.begin(), k, indices.data_ptr<std::int64_t>() + row * k);
      for (std::int64_t i = 0; i < k; ++i) values.data_ptr<T>()[row * k + i] = of_row[order[i]];
    };
    parallel_for(rows, parallel_grain / std::max<std::int64_t>(8 * n, 1) + 1,
                 [&](std::int64_t begin, std::int64_t end) {
                   std::vector<std::int64_t> order(static_cast<std::size_t>(n));
                   for (std::int64_t row = begin; row < end; ++row) sort_row(row, order);
                 });
  });
}

}  // namespace kindling
