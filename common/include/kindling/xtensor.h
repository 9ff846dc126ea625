#pragma once
/// Tensors and xtensor arrays over the same memory. This is the only header that includes xtensor,
/// which costs seconds of compile time: no other header of Kindling includes it. Where xtensor's
/// own headers lie differs between its versions.
#if __has_include(<xtensor/containers/xadapt.hpp>)
#include <xtensor/containers/xadapt.hpp>
#include <xtensor/containers/xarray.hpp>
#include <xtensor/core/xmath.hpp>
#include <xtensor/core/xnoalias.hpp>
#else
#include <xtensor/xadapt.hpp>
#include <xtensor/xarray.hpp>
#include <xtensor/xmath.hpp>
#include <xtensor/xnoalias.hpp>
#endif
#include <array>
#include <memory>

#include "kindling/tensor.h"

/// Threads: adaptors are values that see memory of others; what tensor.h says of that memory holds.
namespace kindling {

/// A dense row of memory as an xtensor expression. One axis, so that building it costs nothing and
/// xtensor takes its SIMD path; the backend merges general shapes into rows first (see merge_axes).
template <class T>
auto as_row(T* data, std::int64_t n) {
  const auto length = static_cast<std::size_t>(n);
  return xt::adapt(data, length, xt::no_ownership(), std::array<std::size_t, 1>{length});
}

/// What an operation of functors.h is to xtensor: it computes single numbers, and registers full of
/// them. (Of what xt::make_lambda_xfunction() returns, xtensor uses the registers only if there is
/// one operand.)
template <class Op>
struct ElementFunction {
  Op op;
  auto operator()(auto... x) const { return op(x...); }
  template <class Register, class... Others>
  Register simd_apply(Register x, Others... others) const {
    return op(x, others...);
  }
};

/// op of each element of the rows, as an xtensor expression.
template <class Op, class... Rows>
auto elementwise(Op op, Rows&&... rows) {
  return xt::xfunction<ElementFunction<Op>, xt::const_xclosure_t<Rows>...>(
      ElementFunction<Op>{op}, std::forward<Rows>(rows)...);
}

/// A tensor over the array's own memory: no copy, and changes are seen on both sides. The array
/// must outlive the tensor.
template <Element T>
Tensor from_xtensor(xt::xarray<T>& array) {
  return from_blob(array.data(), Shape(array.shape().begin(), array.shape().end()));
}

/// A tensor that takes the array over, memory and all: no copy.
template <Element T>
Tensor from_xtensor(xt::xarray<T>&& array) {
  auto owner = std::make_shared<xt::xarray<T>>(std::move(array));
  const Shape shape(owner->shape().begin(), owner->shape().end());
  const Storage storage(owner->data(), numel(shape) * static_cast<std::int64_t>(sizeof(T)), cpu,
                        owner);
  return Tensor(storage, Layout(shape), dtype_of<T>());
}

/// The tensor's elements as an xtensor expression over the same memory, under the tensor's own
/// strides: no copy. The tensor must outlive it. \throws Error if the elements are not of type T,
/// or not in the CPU's memory.
template <Element T>
auto as_xtensor(const Tensor& t) {
  check(t.device() == cpu, "as_xtensor: expected a tensor on the cpu, got one on ", t.device(),
        "; call to(cpu) first");
  const std::vector<std::size_t> shape(t.shape().begin(), t.shape().end());
  const std::vector<std::ptrdiff_t> strides(t.strides().begin(), t.strides().end());
  return xt::adapt(t.data_ptr<T>(), static_cast<std::size_t>(t.numel()), xt::no_ownership(), shape,
                   strides);
}

}  // namespace kindling
