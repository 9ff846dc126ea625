#include <algorithm>

#include "kindling/cpu_backend.h"
#include "kindling/functors.h"

/// Reading and adding at places that another tensor names.
namespace kindling {
namespace {

void check_index(const char* operation, std::int64_t index, std::int64_t n) {
  check(0 <= index && index < n, operation, ": index ", index,
        " is out of bounds for dimension with size ", n);
}

/// Calls visit(offset in `picked`, offset in `full`) for every element of picked [outer, m, inner]
/// and the place in full [outer, n, inner] that its index names.
template <class Visit>
void for_each_pick(const char* operation, const Shape& full, const Tensor& index, Visit visit) {
  const std::int64_t outer = index.size(0), m = index.size(1), n = full[1], inner = full[2];
  const auto* at = index.data_ptr<std::int64_t>();
  // All are checked first: an error leaves the output as it was.
  for (std::int64_t i = 0; i < index.numel(); ++i) check_index(operation, at[i], n);
  for (std::int64_t o = 0; o < outer; ++o)
    for (std::int64_t i = 0; i < m; ++i)
      for (std::int64_t r = 0; r < inner; ++r) {
        const std::int64_t picked = (o * m + i) * inner + r;
        visit(picked, (o * n + at[picked]) * inner + r);
      }
}

/// The same for whole rows of `inner` elements, named by a list.
template <class Visit>
void for_each_row_pick(const char* operation, const Shape& full, const Tensor& index, Visit visit) {
  const std::int64_t outer = full[0], m = index.size(0), n = full[1], inner = full[2];
  const auto* at = index.data_ptr<std::int64_t>();
  for (std::int64_t i = 0; i < m; ++i) check_index(operation, at[i], n);
  for (std::int64_t o = 0; o < outer; ++o)
    for (std::int64_t i = 0; i < m; ++i) visit((o * m + i) * inner, (o * n + at[i]) * inner, inner);
}

}  // namespace

void CpuBackend::gather(const Tensor& x, const Tensor& index, const Tensor& out) {
  dispatch(x.dtype(), [&]<class T>() {
    for_each_pick("gather", x.shape(), index,
                  [from = x.data_ptr<T>(), to = out.data_ptr<T>()](auto picked, auto full) {
                    to[picked] = from[full];
                  });
  });
}

void CpuBackend::scatter_add(const Tensor& x, const Tensor& index, const Tensor& out) {
  dispatch(x.dtype(), [&]<class T>() {
    for_each_pick("scatter_add", out.shape(), index,
                  [from = x.data_ptr<T>(), to = out.data_ptr<T>()](auto picked, auto full) {
                    to[full] = functors::Add{}(to[full], from[picked]);
                  });
  });
}

void CpuBackend::index_select(const Tensor& x, const Tensor& index, const Tensor& out) {
  dispatch(x.dtype(), [&]<class T>() {
    for_each_row_pick(
        "index_select", x.shape(), index,
        [from = x.data_ptr<T>(), to = out.data_ptr<T>()](auto picked, auto full, auto inner) {
          std::copy_n(from + full, inner, to + picked);
        });
  });
}

void CpuBackend::index_add(const Tensor& x, const Tensor& index, const Tensor& out) {
  dispatch(x.dtype(), [&]<class T>() {
    for_each_row_pick(
        "index_add", out.shape(), index,
        [from = x.data_ptr<T>(), to = out.data_ptr<T>()](auto picked, auto full, auto inner) {
          for (std::int64_t r = 0; r < inner; ++r)
            to[full + r] = functors::Add{}(to[full + r], from[picked + r]);
        });
  });
}

}  // namespace kindling
