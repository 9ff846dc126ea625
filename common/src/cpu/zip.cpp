#include "cpu/elementwise.h"
#include "kindling/xtensor.h"

namespace kindling {

/// As map_row. A repeated operand of float32 (step 0) is read once, before the loop, which the
/// compiler then vectorises.
template <class T, class Op>
[[gnu::flatten]] static void zip_row(Op op, std::int64_t n, const T* a, std::int64_t step_a,
                                     const T* b, std::int64_t step_b, T* out) {
  const auto loop = [=](auto left, auto right) {
    for (std::int64_t i = 0; i < n; ++i) out[i] = static_cast<T>(op(left(i), right(i)));
  };
  if constexpr (std::is_same_v<T, float> && !is_scalar_only<Op>) {
    if (step_a == 1 && step_b == 1) {
      xt::noalias(as_row(out, n)) = elementwise(op, as_row(a, n), as_row(b, n));
      return;
    }
    const auto dense_a = [=](std::int64_t i) { return a[i]; };
    const auto dense_b = [=](std::int64_t i) { return b[i]; };
    if (step_a == 1 && step_b == 0 && n > 0)
      return loop(dense_a, [value = *b](std::int64_t) { return value; });
    if (step_a == 0 && step_b == 1 && n > 0)
      return loop([value = *a](std::int64_t) { return value; }, dense_b);
  }
  loop([=](std::int64_t i) { return a[i * step_a]; },
       [=](std::int64_t i) { return b[i * step_b]; });
}

void CpuBackend::zip(const Binary& f, const Tensor& a, const Tensor& b, const Tensor& out) {
  dispatch_number(a.dtype(), [&]<class T>() {
    const T* left = a.data_ptr<T>();
    const T* right = b.data_ptr<T>();
    T* to = out.data_ptr<T>();
    std::visit(
        [&](auto op) {
          visit_rows({&out.layout(), &a.layout(), &b.layout()},
                     [&](std::int64_t n, const RowOffsets& at, const RowOffsets& step) {
                       zip_row(op, n, left + at[1], step[1], right + at[2], step[2], to + at[0]);
                     });
        },
        f);
  });
}

}  // namespace kindling
