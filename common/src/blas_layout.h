#pragma once
#include <algorithm>
#include <cstdint>
#include <limits>

namespace kindling {

/// How BLAS is told of a matrix: its rows are dense, or its columns are, and then it reads the
/// matrix as the transpose. It counts in ints; what those cannot hold is not usable.
struct BlasLayout {
  bool transposed;
  std::int64_t leading;  ///< elements from one row to the next, or from one column
  bool usable;

  BlasLayout(std::int64_t rows, std::int64_t columns, std::int64_t row_stride,
             std::int64_t column_stride) {
    const bool dense_rows = are_dense(rows, columns, row_stride, column_stride);
    const bool dense_columns = are_dense(columns, rows, column_stride, row_stride);
    transposed = !dense_rows;
    leading = dense_rows ? step(rows, columns, row_stride) : step(columns, rows, column_stride);
    constexpr std::int64_t most = std::numeric_limits<int>::max();
    usable = (dense_rows || dense_columns) && rows <= most && columns <= most && leading <= most;
  }

 private:
  /// Whether the elements of each row are neighbours, and the rows do not overlap.
  static bool are_dense(std::int64_t rows, std::int64_t columns, std::int64_t row_stride,
                        std::int64_t column_stride) {
    return (column_stride == 1 || columns == 1) && (row_stride >= columns || rows == 1);
  }
  /// How far apart rows lie does not matter where there is one.
  static std::int64_t step(std::int64_t rows, std::int64_t columns, std::int64_t row_stride) {
    return rows == 1 ? columns : row_stride;
  }
};

}  // namespace kindling
