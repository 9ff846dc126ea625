#include "cpu/elementwise.h"
#include "cpu/xtensor.h"

namespace kindling {

template <class T, class Op>
static void zip_row(Op op, std::int64_t n, const T* a, std::int64_t step_a, const T* b, std::int64_t step_b, T* out) {
  if constexpr (std::is_floating_point_v<T>) {
    if (step_a == 1 && step_b == 1) {
      xt::noalias(as_row(out, n)) = xt::make_lambda_xfunction(Op(op), as_row(a, n), as_row(b, n));
      return;
    }
    if (step_a == 1 && step_b == 0) {  // x + column
      xt::noalias(as_row(out, n)) = xt::make_lambda_xfunction(Op(op), as_row(a, n), xt::xscalar<T>(*b));
      return;
    }
    if (step_a == 0 && step_b == 1) {
      xt::noalias(as_row(out, n)) = xt::make_lambda_xfunction(Op(op), xt::xscalar<T>(*a), as_row(b, n));
      return;
    }
  }
  for (std::int64_t i = 0; i < n; ++i) out[i] = static_cast<T>(op(a[i * step_a], b[i * step_b]));
}

void CpuBackend::zip(const Binary& f, const Tensor& a, const Tensor& b, const Tensor& out) {
  dispatch_number(a.dtype(), [&]<class T>() {
    const T* left = a.data_ptr<T>();
    const T* right = b.data_ptr<T>();
    T* to = out.data_ptr<T>();
    std::visit(
        [&](auto op) {
          walk_rows({&out.layout(), &a.layout(), &b.layout()},
                    [&](std::int64_t n, const RowOffsets& at, const RowOffsets& step) {
                      zip_row(op, n, left + at[1], step[1], right + at[2], step[2], to + at[0]);
                    });
        },
        f);
  });
}

}  // namespace kindling
