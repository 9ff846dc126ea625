#include <limits>

#include "cuda/backend.h"
#include "cuda/kernels.h"
#include "kindling/primitives.h"

/// Products of matrices: cuBLAS for floating-point numbers, our own tiles for integers.
namespace kindling {
namespace cuda {
namespace {

/// How cuBLAS can read the matrices of a batch [batch, rows, columns]. It thinks in columns: what
/// we call row-major with rows of `leading` elements is to it the transpose, so everything is told
/// the other way round.
struct BlasOperand {
  cublasOperation_t operation = CUBLAS_OP_N;
  int leading = 0;
  bool usable = false;

  explicit BlasOperand(const Tensor& t) {
    const std::int64_t rows = t.size(1), columns = t.size(2);
    const std::int64_t row_stride = t.strides()[1], column_stride = t.strides()[2];
    const bool dense_rows =
        (column_stride == 1 || columns == 1) && (row_stride >= columns || rows == 1);
    const bool dense_columns =
        (row_stride == 1 || rows == 1) && (column_stride >= rows || columns == 1);
    const std::int64_t step =
        dense_rows ? std::max(row_stride, columns) : std::max(column_stride, rows);
    usable = (dense_rows || dense_columns) && step <= std::numeric_limits<int>::max();
    operation = dense_rows ? CUBLAS_OP_N : CUBLAS_OP_T;
    leading = static_cast<int>(step);
  }
};

Tensor readable(const Tensor& t) { return BlasOperand(t).usable ? t : primitive::copy(t); }

/// Row-major C = A B is, read by columns, Cᵀ = Bᵀ Aᵀ: so B comes first.
template <class T, class Gemm, class GemmBatch>
void multiply(const Tensor& a, const Tensor& b, const Tensor& out, bool accumulate, Gemm gemm,
              GemmBatch gemm_batch) {
  const BlasOperand left(a), right(b);
  const int m = static_cast<int>(out.size(1)), n = static_cast<int>(out.size(2)),
            k = static_cast<int>(a.size(2)), batch = static_cast<int>(out.size(0));
  const T one = 1, beta = accumulate ? T(1) : T(0);
  const cublasHandle_t handle = blas(out.device().index);
  if (batch == 1)
    KINDLING_CUBLAS_CHECK(gemm(handle, right.operation, left.operation, n, m, k, &one,
                               b.data_ptr<T>(), right.leading, a.data_ptr<T>(), left.leading, &beta,
                               out.data_ptr<T>(), n));
  else
    KINDLING_CUBLAS_CHECK(gemm_batch(handle, right.operation, left.operation, n, m, k, &one,
                                     b.data_ptr<T>(), right.leading, b.strides()[0],
                                     a.data_ptr<T>(), left.leading, a.strides()[0], &beta,
                                     out.data_ptr<T>(), n, out.strides()[0], batch));
}

/// A matrix of each batch, under any strides.
template <class T>
struct Matrices {
  T* data;
  std::int64_t batch_stride, row_stride, column_stride;

  explicit Matrices(const Tensor& t)
      : data(t.data_ptr<T>()),
        batch_stride(t.strides()[0]),
        row_stride(t.strides()[1]),
        column_stride(t.strides()[2]) {}

  __device__ T& at(std::int64_t batch, std::int64_t row, std::int64_t column) const {
    return data[batch * batch_stride + row * row_stride + column * column_stride];
  }
};

/// out = bias + a · b, a thread for each element of out. For products so small that the device
/// waits for the host: this is launched in 4 µs, a call of cuBLAS takes 9, and one more launch for
/// the bias.
template <class T>
__global__ void small_product(Matrices<T> bias, Matrices<T> a, Matrices<T> b, Matrices<T> out,
                              std::int64_t elements, int rows, int columns, int k, bool with_bias) {
  for (std::int64_t element = thread_number(); element < elements; element += thread_count()) {
    const int i = static_cast<int>(element);
    const int column = i % columns, row = i / columns % rows, batch = i / columns / rows;
    const T *x = &a.at(batch, row, 0), *y = &b.at(batch, 0, column);
    T sum = with_bias ? bias.at(batch, row, column) : T(0);
    // Unrolled, so that sixteen reads are under way at once: one after the other, 64 products took
    // 12 µs.
#pragma unroll 8
    for (int l = 0; l < k; ++l) sum += x[l * a.column_stride] * y[l * b.row_stride];
    out.at(batch, row, column) = sum;
  }
}

bool is_small(const Tensor& a, const Tensor& out) {
  constexpr std::int64_t most_products = 1 << 18, longest = 256;
  return out.is_floating_point() && a.size(2) <= longest &&
         out.numel() * a.size(2) <= most_products;
}

/// \param bias out itself if it is to be added to; undefined for none
void multiply_small(const Tensor& bias, const Tensor& a, const Tensor& b, const Tensor& out) {
  dispatch_number(out.dtype(), [&]<class T>() {
    if constexpr (std::is_floating_point_v<T>) {
      const Matrices<T> c(out);
      launch(small_product<T>, grid_for(out.numel(), stream_of(out)),
             bias.defined() ? Matrices<T>(bias) : c, Matrices<T>(a), Matrices<T>(b), c, out.numel(),
             static_cast<int>(out.size(1)), static_cast<int>(out.size(2)),
             static_cast<int>(a.size(2)), bias.defined());
    }
  });
}

}  // namespace
}  // namespace cuda

void CudaBackend::addmm(const Tensor& bias, const Tensor& a, const Tensor& b, const Tensor& out) {
  if (out.numel() > 0 && cuda::is_small(a, out)) return cuda::multiply_small(bias, a, b, out);
  Backend::addmm(bias, a, b, out);
}

void CudaBackend::matmul(const Tensor& a, const Tensor& b, const Tensor& out, bool accumulate) {
  if (out.numel() == 0) return;
  if (a.size(2) == 0) {  // a sum of nothing
    if (!accumulate) fill(out, 0);
    return;
  }
  if (!out.is_floating_point()) return cuda::matmul_by_tiles(a, b, out, accumulate);
  if (cuda::is_small(a, out)) return cuda::multiply_small(accumulate ? out : Tensor(), a, b, out);
  for (const Tensor* t : {&a, &b, &out})
    for (const std::int64_t length : t->shape())
      check(length <= std::numeric_limits<int>::max(),
            "matmul: expected axes of fewer than 2^31 elements on cuda, got shape ", t->shape());
  const Tensor left = cuda::readable(a), right = cuda::readable(b);
  if (out.dtype() == float32)
    cuda::multiply<float>(left, right, out, accumulate, cublasSgemm, cublasSgemmStridedBatched);
  else
    cuda::multiply<double>(left, right, out, accumulate, cublasDgemm, cublasDgemmStridedBatched);
}

}  // namespace kindling
