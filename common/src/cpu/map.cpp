#include "cpu/elementwise.h"
#include "kindling/xtensor.h"

namespace kindling {

/// Dense rows of float32, the type that networks compute in, go through xtensor and its SIMD
/// registers. Each such expression costs a third of a second of compile time, so other types and
/// strides are left to the compiler's own vectoriser. `flatten` builds the whole expression into
/// this function: else its pointers would be read again for each register, which takes as long as
/// the arithmetic.
template <class T, class Op>
[[gnu::flatten]] static void map_row(Op op, std::int64_t n, const T* x, std::int64_t step, T* out) {
  if constexpr (std::is_same_v<T, float> && !is_scalar_only<Op>) {
    if (step == 1) {
      xt::noalias(as_row(out, n)) = elementwise(op, as_row(x, n));
      return;
    }
  }
  for (std::int64_t i = 0; i < n; ++i) out[i] = static_cast<T>(op(x[i * step]));
}

void CpuBackend::map(const Unary& f, const Tensor& x, const Tensor& out) {
  dispatch_number(x.dtype(), [&]<class T>() {
    const T* from = x.data_ptr<T>();
    T* to = out.data_ptr<T>();
    std::visit(
        [&](auto op) {
          visit_rows({&out.layout(), &x.layout()},
                     [&](std::int64_t n, const RowOffsets& at, const RowOffsets& step) {
                       map_row(op, n, from + at[1], step[1], to + at[0]);
                     });
        },
        f);
  });
}

}  // namespace kindling
