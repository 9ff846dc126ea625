#include "cpu/elementwise.h"

namespace kindling {

void CpuBackend::compare(const Comparison& f, const Tensor& a, const Tensor& b, const Tensor& out) {
  dispatch(a.dtype(), [&]<class T>() {
    const T* left = a.data_ptr<T>();
    const T* right = b.data_ptr<T>();
    bool* to = out.data_ptr<bool>();
    std::visit(
        [&](auto op) {
          visit_rows({&out.layout(), &a.layout(), &b.layout()},
                     [&](std::int64_t n, const RowOffsets& at, const RowOffsets& step) {
                       for (std::int64_t i = 0; i < n; ++i)
                         to[at[0] + i] = op(left[at[1] + i * step[1]], right[at[2] + i * step[2]]);
                     });
        },
        f);
  });
}

void CpuBackend::where(const Tensor& condition, const Tensor& a, const Tensor& b,
                       const Tensor& out) {
  dispatch(out.dtype(), [&]<class T>() {
    const bool* choose = condition.data_ptr<bool>();
    const T* left = a.data_ptr<T>();
    const T* right = b.data_ptr<T>();
    T* to = out.data_ptr<T>();
    visit_rows({&out.layout(), &condition.layout(), &a.layout(), &b.layout()},
               [&](std::int64_t n, const RowOffsets& at, const RowOffsets& step) {
                 for (std::int64_t i = 0; i < n; ++i)
                   to[at[0] + i] = choose[at[1] + i * step[1]] ? left[at[2] + i * step[2]]
                                                               : right[at[3] + i * step[3]];
               });
  });
}

}  // namespace kindling
