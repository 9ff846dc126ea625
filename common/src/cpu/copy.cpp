#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

#include "convert.h"
#include "cpu/elementwise.h"
#include "cpu/parallel.h"

namespace kindling {

namespace {

/// The axis along which neighbours in memory lie, if it is not the last one: that of the rows of a
/// matrix whose transposed view this is.
std::optional<std::size_t> dense_axis(const Walk& walk, std::size_t operand) {
  const Shape& strides = walk.strides[operand];
  if (strides.empty() || strides.back() == 1) return {};
  const auto dense = std::ranges::find(strides, 1);
  if (dense == strides.end()) return {};
  return static_cast<std::size_t>(dense - strides.begin());
}

/// to[i · row_step + j] = from[i + j · column_step] for a matrix [rows, columns]: the transpose of
/// memory that is read along i and written along j. Element by element, one of the two would touch
/// a cache line for each, and in matrices whose rows are a power of two apart those lines displace
/// each other. Through a small buffer, 64 by 64 at a time, both use whole lines: [2048, 2048] takes
/// half the time that tiles without a buffer take.
template <class From, class To>
void transpose_plane(const From* from, std::int64_t column_step, To* to, std::int64_t row_step,
                     std::int64_t rows, std::int64_t columns) {
  constexpr std::int64_t tile = 64;
  for (std::int64_t top = 0; top < rows; top += tile)
    for (std::int64_t left = 0; left < columns; left += tile) {
      const std::int64_t height = std::min(tile, rows - top),
                         width = std::min(tile, columns - left);
      To buffer[tile][tile];
      for (std::int64_t j = 0; j < width; ++j) {
        const From* x = from + top + (left + j) * column_step;
        for (std::int64_t i = 0; i < height; ++i) buffer[i][j] = convert<To>(x[i]);
      }
      for (std::int64_t i = 0; i < height; ++i)
        std::copy_n(buffer[i], width, to + (top + i) * row_step + left);
    }
}

}  // namespace

void CpuBackend::copy(const Tensor& from, const Tensor& out) {
  if (out.numel() == 0) return;
  Walk walk({&out.layout(), &from.layout()});
  merge_axes(walk);
  const auto dense = dense_axis(walk, 1);
  const bool transposes = dense && walk.strides[0].back() == 1;
  dispatch(from.dtype(), [&]<class From>() {
    dispatch(out.dtype(), [&]<class To>() {
      const From* source = from.data_ptr<From>();
      To* target = out.data_ptr<To>();
      if (transposes) {
        const std::int64_t rows = walk.shape[*dense], columns = walk.shape.back();
        const std::int64_t row_step = walk.strides[0][*dense], column_step = walk.strides[1].back();
        Walk planes = walk;  // all but those two axes
        planes.shape.back() = planes.shape[*dense] = 1;
        for_each_row(planes, [&](const RowOffsets& at) {
          parallel_for(
              rows, parallel_grain / columns + 1, [&](std::int64_t begin, std::int64_t end) {
                transpose_plane(source + at[1] + begin, column_step,
                                target + at[0] + begin * row_step, row_step, end - begin, columns);
              });
        });
        return;
      }
      visit_rows({&out.layout(), &from.layout()},
                 [&](std::int64_t n, const RowOffsets& at, const RowOffsets& step) {
                   const From* x = source + at[1];
                   To* y = target + at[0];
                   if constexpr (std::is_same_v<From, To>) {
                     if (step[0] == 1 && step[1] == 1) {
                       std::copy_n(x, n, y);
                       return;
                     }
                   }
                   for (std::int64_t i = 0; i < n; ++i)
                     y[i * step[0]] = convert<To>(x[i * step[1]]);
                 });
    });
  });
}

void CpuBackend::fill(const Tensor& out, Scalar value) {
  dispatch(out.dtype(), [&]<class T>() {
    T* target = out.data_ptr<T>();
    const T x = value.to<T>();
    visit_rows({&out.layout()}, [&](std::int64_t n, const RowOffsets& at, const RowOffsets& step) {
      for (std::int64_t i = 0; i < n; ++i) target[at[0] + i * step[0]] = x;
    });
  });
}

}  // namespace kindling
