#include <cblas.h>

#include <algorithm>

#include "blas_layout.h"
#include "cpu/parallel.h"
#include "kindling/cpu_backend.h"
#include "kindling/functors.h"

namespace kindling {
namespace {

/// So many multiplications are worth waking a thread for.
constexpr std::int64_t fewest_products = 1'000'000;

/// One matrix of a batch: where it begins and how far apart its rows and columns are.
template <class T>
struct Matrix {
  T* data;
  std::int64_t rows, columns, row_stride, column_stride;

  Matrix(const Tensor& t, T* elements, std::int64_t batch)
      : data(elements + batch * t.strides()[0]),
        rows(t.shape()[1]),
        columns(t.shape()[2]),
        row_stride(t.strides()[1]),
        column_stride(t.strides()[2]) {}

  Matrix some_rows(std::int64_t begin, std::int64_t end) const {
    Matrix part = *this;
    part.data += begin * row_stride;
    part.rows = end - begin;
    return part;
  }
  Matrix some_columns(std::int64_t begin, std::int64_t end) const {
    Matrix part = *this;
    part.data += begin * column_stride;
    part.columns = end - begin;
    return part;
  }
};

template <class T>
BlasLayout blas_layout(const Matrix<T>& m) {
  return {m.rows, m.columns, m.row_stride, m.column_stride};
}

template <class T, class Gemm>
void gemm(Gemm of_blas, const Matrix<T>& a, const Matrix<T>& b, const Matrix<T>& c, T beta) {
  const BlasLayout x = blas_layout(a), y = blas_layout(b), z = blas_layout(c);
  const auto transposed = [](const BlasLayout& m) {
    return m.transposed ? CblasTrans : CblasNoTrans;
  };
  const auto as_int = [](std::int64_t length) { return static_cast<int>(length); };  // see usable
  of_blas(CblasRowMajor, transposed(x), transposed(y), as_int(c.rows), as_int(c.columns),
          as_int(a.columns), 1, a.data, as_int(x.leading), b.data, as_int(y.leading), beta, c.data,
          as_int(z.leading));
}
void gemm(const Matrix<float>& a, const Matrix<float>& b, const Matrix<float>& c, float beta) {
  gemm(cblas_sgemm, a, b, c, beta);
}
void gemm(const Matrix<double>& a, const Matrix<double>& b, const Matrix<double>& c, double beta) {
  gemm(cblas_dgemm, a, b, c, beta);
}

/// The product in pieces for several threads: rows of c or columns, whichever are more. BLAS itself
/// computes on one thread (see threads.cpp): threads of its own beside those of run_chunks() would
/// wait for each other's processors. It is slower by the piece, so there are few.
template <class T>
void parallel_gemm(const Matrix<T>& a, const Matrix<T>& b, const Matrix<T>& c, T beta) {
  const std::int64_t worth_it = c.rows * c.columns * a.columns / fewest_products;
  const int threads = worth_it > 1 ? get_num_threads() : 1;
  if (threads == 1) return gemm(a, b, c, beta);
  // What BLAS computes at once: cut elsewhere, other last digits would come out.
  const bool by_rows = c.rows >= c.columns;
  const std::int64_t block = by_rows ? 12 : 16, length = by_rows ? c.rows : c.columns;
  const std::int64_t blocks = (length + block - 1) / block;
  const std::int64_t pieces = std::min<std::int64_t>({2 * threads, worth_it, blocks});
  run_chunks(pieces, threads, [&](std::int64_t piece) {
    const std::int64_t begin = blocks * piece / pieces * block;
    const std::int64_t end = std::min(blocks * (piece + 1) / pieces * block, length);
    if (by_rows)
      gemm(a.some_rows(begin, end), b, c.some_rows(begin, end), beta);
    else
      gemm(a, b.some_columns(begin, end), c.some_columns(begin, end), beta);
  });
}

/// \exercise{1.6} c[i, j] += Σₖ a[i, k] b[k, j], where a is [m, k], b [k, n] and c [m, n]. Rows and
/// columns of a and b may lie at any distance, even 0 (a repeated row). The columns of c are
/// neighbours in memory; its rows may lie further apart (c.row_stride), and what is between them is
/// somebody else's. What c holds is added to, never lost: who wants the plain product has filled it
/// with zeros.
template <class T>
void multiply_accumulate(const Matrix<T>& a, const Matrix<T>& b, const Matrix<T>& c) {
  throw NotImplemented("1.6");
}

}  // namespace

void CpuBackend::matmul(const Tensor& a, const Tensor& b, const Tensor& out, bool accumulate) {
  if (out.numel() == 0) return;
  dispatch(out.dtype(), [&]<class T>() {
    if constexpr (!std::is_same_v<T, bool>) {
      const auto multiply = [&](std::int64_t batch) {
        // int64 that overflows wraps around, as in PyTorch: in C++, only unsigned integers may.
        using Wrapped = functors::Wrapping<T>;
        const auto matrix = [batch](const Tensor& t) {
          return Matrix<Wrapped>(t, reinterpret_cast<Wrapped*>(t.data_ptr<T>()), batch);
        };
        const Matrix<Wrapped> x = matrix(a), y = matrix(b), c = matrix(out);
        if constexpr (std::is_floating_point_v<T>) {
          if (x.columns > 0 && blas_layout(x).usable && blas_layout(y).usable &&
              blas_layout(c).usable) {
            parallel_gemm(x, y, c, accumulate ? T(1) : T(0));
            return;
          }
        }
        if (!accumulate) std::fill_n(c.data, c.rows * c.columns, Wrapped(0));
        multiply_accumulate(x, y, c);
      };
      const std::int64_t batches = out.size(0), work = out.numel() / batches * a.size(2);
      parallel_for(batches, fewest_products / std::max<std::int64_t>(work, 1) + 1,
                   [&](std::int64_t begin, std::int64_t end) {
                     for (std::int64_t batch = begin; batch < end; ++batch) multiply(batch);
                   });
    }
  });
}

}  // namespace kindling
