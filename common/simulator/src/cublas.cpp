#include <cblas.h>

#include <cstring>
#include <limits>

#include "cublasLt.h"

// What was said about products and matrices. Streams and TF32 make no difference on the CPU, whose
// products are done when they return, and exact float32.
struct cublasLtContext {};
struct cublasLtMatmulDescOpaque_t {
  cublasOperation_t a_operation = CUBLAS_OP_N, b_operation = CUBLAS_OP_N;
  cublasLtEpilogue_t epilogue = CUBLASLT_EPILOGUE_DEFAULT;
  const void* bias = nullptr;
};
struct cublasLtMatrixLayoutOpaque_t {
  cudaDataType_t type;
  std::uint64_t rows, columns;
  std::int64_t leading, step = 0;
  std::int32_t batch = 1;
};
struct cublasLtMatmulPreferenceOpaque_t {};

/// `value` is of type T.
template <class T>
static cublasStatus_t set(T& attribute, const void* value, std::size_t bytes) {
  if (bytes != sizeof(T)) return CUBLAS_STATUS_INVALID_VALUE;
  std::memcpy(&attribute, value, bytes);
  return CUBLAS_STATUS_SUCCESS;
}

template <class Object, class... Values>
static cublasStatus_t create(Object** object, Values... values) {
  *object = new Object{values...};
  return CUBLAS_STATUS_SUCCESS;
}
template <class Object>
static cublasStatus_t destroy(Object* object) {
  delete object;
  return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasLtCreate(cublasLtHandle_t* handle) { return create(handle); }
cublasStatus_t cublasLtDestroy(cublasLtHandle_t handle) { return destroy(handle); }

cublasStatus_t cublasLtMatmulDescCreate(cublasLtMatmulDesc_t* product, cublasComputeType_t,
                                        cudaDataType_t) {
  return create(product);
}
cublasStatus_t cublasLtMatmulDescDestroy(cublasLtMatmulDesc_t product) { return destroy(product); }
cublasStatus_t cublasLtMatmulDescSetAttribute(cublasLtMatmulDesc_t product,
                                              cublasLtMatmulDescAttributes_t attribute,
                                              const void* value, std::size_t bytes) {
  switch (attribute) {
    case CUBLASLT_MATMUL_DESC_TRANSA:
      return set(product->a_operation, value, bytes);
    case CUBLASLT_MATMUL_DESC_TRANSB:
      return set(product->b_operation, value, bytes);
    case CUBLASLT_MATMUL_DESC_EPILOGUE:
      return set(product->epilogue, value, bytes);
    case CUBLASLT_MATMUL_DESC_BIAS_POINTER:
      return set(product->bias, value, bytes);
  }
  return CUBLAS_STATUS_NOT_SUPPORTED;
}

cublasStatus_t cublasLtMatrixLayoutCreate(cublasLtMatrixLayout_t* layout, cudaDataType_t type,
                                          std::uint64_t rows, std::uint64_t columns,
                                          std::int64_t leading) {
  return create(layout, type, rows, columns, leading);
}
cublasStatus_t cublasLtMatrixLayoutDestroy(cublasLtMatrixLayout_t layout) {
  return destroy(layout);
}
cublasStatus_t cublasLtMatrixLayoutSetAttribute(cublasLtMatrixLayout_t layout,
                                                cublasLtMatrixLayoutAttribute_t attribute,
                                                const void* value, std::size_t bytes) {
  switch (attribute) {
    case CUBLASLT_MATRIX_LAYOUT_BATCH_COUNT:
      return set(layout->batch, value, bytes);
    case CUBLASLT_MATRIX_LAYOUT_STRIDED_BATCH_OFFSET:
      return set(layout->step, value, bytes);
  }
  return CUBLAS_STATUS_NOT_SUPPORTED;
}

// There is nothing to prefer.
cublasStatus_t cublasLtMatmulPreferenceCreate(cublasLtMatmulPreference_t* preference) {
  return create(preference);
}
cublasStatus_t cublasLtMatmulPreferenceDestroy(cublasLtMatmulPreference_t preference) {
  return destroy(preference);
}
cublasStatus_t cublasLtMatmulPreferenceSetAttribute(cublasLtMatmulPreference_t,
                                                    cublasLtMatmulPreferenceAttributes_t,
                                                    const void*, std::size_t) {
  return CUBLAS_STATUS_SUCCESS;
}

/// Whether such matrices can exist, and be multiplied: the inner lengths agree, each leading
/// dimension is at least the rows stored, and BLAS can count them.
static bool valid(const cublasLtMatmulDescOpaque_t& product, const cublasLtMatrixLayoutOpaque_t& a,
                  const cublasLtMatrixLayoutOpaque_t& b, const cublasLtMatrixLayoutOpaque_t& d) {
  const bool a_plain = product.a_operation == CUBLAS_OP_N,
             b_plain = product.b_operation == CUBLAS_OP_N;
  for (const auto* matrix : {&a, &b, &d}) {
    constexpr std::uint64_t most = std::numeric_limits<int>::max();
    const auto leading = static_cast<std::uint64_t>(matrix->leading);
    if (leading < matrix->rows || leading == 0 || leading > most || matrix->columns > most ||
        matrix->type != d.type || matrix->batch != d.batch)
      return false;
  }
  return (a_plain ? a.rows : a.columns) == d.rows && (b_plain ? b.columns : b.rows) == d.columns &&
         (a_plain ? a.columns : a.rows) == (b_plain ? b.rows : b.columns);
}

cublasStatus_t cublasLtMatmulAlgoGetHeuristic(cublasLtHandle_t, cublasLtMatmulDesc_t product,
                                              cublasLtMatrixLayout_t a, cublasLtMatrixLayout_t b,
                                              cublasLtMatrixLayout_t, cublasLtMatrixLayout_t d,
                                              cublasLtMatmulPreference_t, int most,
                                              cublasLtMatmulHeuristicResult_t* results,
                                              int* found) {
  *found = 0;
  if (most < 1 || !valid(*product, *a, *b, *d)) return CUBLAS_STATUS_INVALID_VALUE;
  *results = {};
  *found = 1;
  return CUBLAS_STATUS_SUCCESS;
}

template <class T, class Gemm>
static void multiply(const cublasLtMatmulDescOpaque_t& product, const void* alpha, const void* a,
                     const cublasLtMatrixLayoutOpaque_t& a_layout, const void* b,
                     const cublasLtMatrixLayoutOpaque_t& b_layout, const void* beta, void* d,
                     const cublasLtMatrixLayoutOpaque_t& d_layout, Gemm gemm) {
  const auto as_int = [](auto length) { return static_cast<int>(length); };
  const bool a_plain = product.a_operation == CUBLAS_OP_N,
             b_plain = product.b_operation == CUBLAS_OP_N;
  for (std::int64_t i = 0; i < d_layout.batch; ++i) {
    T* out = static_cast<T*>(d) + i * d_layout.step;
    gemm(CblasColMajor, a_plain ? CblasNoTrans : CblasTrans, b_plain ? CblasNoTrans : CblasTrans,
         as_int(d_layout.rows), as_int(d_layout.columns),
         as_int(a_plain ? a_layout.columns : a_layout.rows), *static_cast<const T*>(alpha),
         static_cast<const T*>(a) + i * a_layout.step, as_int(a_layout.leading),
         static_cast<const T*>(b) + i * b_layout.step, as_int(b_layout.leading),
         *static_cast<const T*>(beta), out, as_int(d_layout.leading));
    if (product.epilogue != CUBLASLT_EPILOGUE_BIAS) continue;
    const T* bias = static_cast<const T*>(product.bias);
    for (std::uint64_t column = 0; column < d_layout.columns; ++column)
      for (std::uint64_t row = 0; row < d_layout.rows; ++row)
        out[column * d_layout.leading + row] += bias[row];
  }
}

cublasStatus_t cublasLtMatmul(cublasLtHandle_t, cublasLtMatmulDesc_t product, const void* alpha,
                              const void* a, cublasLtMatrixLayout_t a_layout, const void* b,
                              cublasLtMatrixLayout_t b_layout, const void* beta, const void* c,
                              cublasLtMatrixLayout_t, void* d, cublasLtMatrixLayout_t d_layout,
                              const cublasLtMatmulAlgo_t*, void*, std::size_t, cudaStream_t) {
  if (!valid(*product, *a_layout, *b_layout, *d_layout) || c != d)
    return CUBLAS_STATUS_INVALID_VALUE;
  if (d_layout->type == CUDA_R_64F)
    multiply<double>(*product, alpha, a, *a_layout, b, *b_layout, beta, d, *d_layout, cblas_dgemm);
  else
    multiply<float>(*product, alpha, a, *a_layout, b, *b_layout, beta, d, *d_layout, cblas_sgemm);
  return CUBLAS_STATUS_SUCCESS;
}
