#pragma once
#include <span>

#include "cuda/walk.h"
#include "fused/optimizer_steps.h"
#include "kindling/backend.h"
#include "kindling/functors.h"

/// What the exercises of chapter 7 give to the rest of the backend: solutions/07_gpu.
namespace kindling::cuda {

/// Functions that are not worth a kernel for dense rows: that for any strides serves them, too, and
/// who writes map.cu does not wait for the compiler to have seen them all.
template <class Op>
inline constexpr bool is_seldom = false;
template <>
inline constexpr bool is_seldom<functors::Sin> = true;
template <>
inline constexpr bool is_seldom<functors::Cos> = true;
template <>
inline constexpr bool is_seldom<functors::Erf> = true;
template <>
inline constexpr bool is_seldom<functors::Floor> = true;
template <>
inline constexpr bool is_seldom<functors::Ceil> = true;
template <>
inline constexpr bool is_seldom<functors::Round> = true;
template <>
inline constexpr bool is_seldom<functors::Rsqrt> = true;

/// out[i] = f(x[i]) for n neighbours in memory, both aligned to 16 bytes, whatever the grid; out
/// may be x. f is not seldom. (map.cu)
void map_dense(const Unary& f, const float* x, float* out, std::int64_t n, const Grid&);

/// For each of the planes: to[i · row_step + j] = from[i + j · column_step], i < rows, j < columns.
/// T is an unsigned integer as large as the elements. One grid has to be enough: a block takes a
/// tile of 32 x 32 elements, tiles of rows along x, of columns along y, planes along z.
/// (transpose.cu)
template <class T>
void transpose(const Strided<2>& planes, const T* from, std::int64_t column_step, T* to,
               std::int64_t row_step, std::int64_t rows, std::int64_t columns, cudaStream_t);

/// x [outer, n, 1] → out [outer, 1]. (reduce.cu)
void reduce_rows(Reduction, const Tensor& x, const Tensor& out);

/// x [rows, n] → out: softmax of each row, or its logarithm. float32 and float64. (softmax.cu)
void softmax_rows(const Tensor& x, const Tensor& out, bool log);

/// A batch of matrices under any strides.
template <class T>
struct MatrixView {
  T* data;
  std::int64_t rows, columns;
  std::int64_t batch_stride, row_stride, column_stride;

  explicit MatrixView(const Tensor& t) : MatrixView(t, t.data_ptr<std::remove_const_t<T>>()) {}
  MatrixView(const Tensor& t, T* elements)
      : data(elements),
        rows(t.size(1)),
        columns(t.size(2)),
        batch_stride(t.strides()[0]),
        row_stride(t.strides()[1]),
        column_stride(t.strides()[2]) {}

  /// Of each matrix from number `batch` on, the rows [first, first + count).
  MatrixView part(std::int64_t batch, std::int64_t first, std::int64_t count) const {
    MatrixView view = *this;
    view.data += batch * batch_stride + first * row_stride;
    view.rows = count;
    return view;
  }

  __device__ T& at(std::int64_t batch, std::int64_t row, std::int64_t column) const {
    return data[batch * batch_stride + row * row_stride + column * column_stride];
  }
};

/// a [batch, m, k], b [batch, k, n], under any strides → out [batch, m, n], with `accumulate` added
/// to what is there. (matmul.cu)
void matmul_by_tiles(const Tensor& a, const Tensor& b, const Tensor& out, bool accumulate);

/// The grid for a launch that steps several parameters, SgdParameter or AdamParameter: y says
/// which. Along x there are as many blocks as the largest of them needs, but at most 16 for each of
/// the device's multiprocessors, which fill it.
template <class Parameter>
Grid grid_for_parameters(std::span<const Parameter> parameters, cudaStream_t stream) {
  std::int64_t largest = 1;
  for (const Parameter& p : parameters) largest = std::max(largest, p.parameter.numel());
  Grid grid = grid_for(largest, stream);
  const int device = parameters[0].parameter.device().index;
  grid.grid.x = std::min<std::int64_t>(grid.grid.x, 16 * multiprocessors(device));
  grid.grid.y = std::ssize(parameters);
  return grid;
}

/// One step of all parameters, which have one dtype. (sgd.cu)
void sgd_step(const SgdStep&, std::span<const SgdParameter>, cudaStream_t);

}  // namespace kindling::cuda
