#include <cblas.h>

#include "cublas_v2.h"

/// What cuBLAS remembers between calls. Streams and TF32 make no difference on the CPU, whose
/// products are done when they return, and exact float32.
struct cublasContext {
  cudaStream_t stream = nullptr;
  cublasMath_t math = CUBLAS_DEFAULT_MATH;
};

static CBLAS_TRANSPOSE cblas(cublasOperation_t op) {
  return op == CUBLAS_OP_N ? CblasNoTrans : CblasTrans;
}

/// Whether matrices of these sizes can exist: each leading dimension is at least the rows stored.
static bool valid(cublasOperation_t a_op, cublasOperation_t b_op, int m, int n, int k, int lda,
                  int ldb, int ldc) {
  const int a_rows = a_op == CUBLAS_OP_N ? m : k, b_rows = b_op == CUBLAS_OP_N ? k : n;
  return m >= 0 && n >= 0 && k >= 0 && lda >= a_rows && lda >= 1 && ldb >= b_rows && ldb >= 1 &&
         ldc >= m && ldc >= 1;
}

cublasStatus_t cublasCreate(cublasHandle_t* handle) {
  *handle = new cublasContext;
  return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasDestroy(cublasHandle_t handle) {
  delete handle;
  return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasSetStream(cublasHandle_t handle, cudaStream_t stream) {
  handle->stream = stream;
  return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasGetStream(cublasHandle_t handle, cudaStream_t* stream) {
  *stream = handle->stream;
  return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasSetMathMode(cublasHandle_t handle, cublasMath_t mode) {
  handle->math = mode;
  return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasGetMathMode(cublasHandle_t handle, cublasMath_t* mode) {
  *mode = handle->math;
  return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasSetWorkspace(cublasHandle_t, void*, std::size_t) {
  return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasSetPointerMode(cublasHandle_t, cublasPointerMode_t) {
  return CUBLAS_STATUS_SUCCESS;  // host and device share their addresses here
}

const char* cublasGetStatusName(cublasStatus_t status) {
  switch (status) {
    case CUBLAS_STATUS_SUCCESS:
      return "CUBLAS_STATUS_SUCCESS";
    case CUBLAS_STATUS_NOT_INITIALIZED:
      return "CUBLAS_STATUS_NOT_INITIALIZED";
    case CUBLAS_STATUS_INVALID_VALUE:
      return "CUBLAS_STATUS_INVALID_VALUE";
    case CUBLAS_STATUS_EXECUTION_FAILED:
      return "CUBLAS_STATUS_EXECUTION_FAILED";
  }
  return "unknown cuBLAS status";
}
const char* cublasGetStatusString(cublasStatus_t status) {
  switch (status) {
    case CUBLAS_STATUS_SUCCESS:
      return "success";
    case CUBLAS_STATUS_NOT_INITIALIZED:
      return "the library was not initialized";
    case CUBLAS_STATUS_INVALID_VALUE:
      return "an unsupported value or parameter was passed";
    case CUBLAS_STATUS_EXECUTION_FAILED:
      return "the GPU program failed to execute";
  }
  return "unknown cuBLAS status";
}

cublasStatus_t cublasSgemm(cublasHandle_t, cublasOperation_t a_op, cublasOperation_t b_op, int m,
                           int n, int k, const float* alpha, const float* a, int lda,
                           const float* b, int ldb, const float* beta, float* c, int ldc) {
  if (!valid(a_op, b_op, m, n, k, lda, ldb, ldc)) return CUBLAS_STATUS_INVALID_VALUE;
  cblas_sgemm(CblasColMajor, cblas(a_op), cblas(b_op), m, n, k, *alpha, a, lda, b, ldb, *beta, c,
              ldc);
  return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasDgemm(cublasHandle_t, cublasOperation_t a_op, cublasOperation_t b_op, int m,
                           int n, int k, const double* alpha, const double* a, int lda,
                           const double* b, int ldb, const double* beta, double* c, int ldc) {
  if (!valid(a_op, b_op, m, n, k, lda, ldb, ldc)) return CUBLAS_STATUS_INVALID_VALUE;
  cblas_dgemm(CblasColMajor, cblas(a_op), cblas(b_op), m, n, k, *alpha, a, lda, b, ldb, *beta, c,
              ldc);
  return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasSgemmStridedBatched(cublasHandle_t handle, cublasOperation_t a_op,
                                         cublasOperation_t b_op, int m, int n, int k,
                                         const float* alpha, const float* a, int lda,
                                         long long a_step, const float* b, int ldb,
                                         long long b_step, const float* beta, float* c, int ldc,
                                         long long c_step, int batch) {
  for (int i = 0; i < batch; ++i)
    if (const auto status = cublasSgemm(handle, a_op, b_op, m, n, k, alpha, a + i * a_step, lda,
                                        b + i * b_step, ldb, beta, c + i * c_step, ldc);
        status != CUBLAS_STATUS_SUCCESS)
      return status;
  return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasDgemmStridedBatched(cublasHandle_t handle, cublasOperation_t a_op,
                                         cublasOperation_t b_op, int m, int n, int k,
                                         const double* alpha, const double* a, int lda,
                                         long long a_step, const double* b, int ldb,
                                         long long b_step, const double* beta, double* c, int ldc,
                                         long long c_step, int batch) {
  for (int i = 0; i < batch; ++i)
    if (const auto status = cublasDgemm(handle, a_op, b_op, m, n, k, alpha, a + i * a_step, lda,
                                        b + i * b_step, ldb, beta, c + i * c_step, ldc);
        status != CUBLAS_STATUS_SUCCESS)
      return status;
  return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasSgemv(cublasHandle_t, cublasOperation_t op, int m, int n, const float* alpha,
                           const float* a, int lda, const float* x, int x_step, const float* beta,
                           float* y, int y_step) {
  cblas_sgemv(CblasColMajor, cblas(op), m, n, *alpha, a, lda, x, x_step, *beta, y, y_step);
  return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasDgemv(cublasHandle_t, cublasOperation_t op, int m, int n, const double* alpha,
                           const double* a, int lda, const double* x, int x_step,
                           const double* beta, double* y, int y_step) {
  cblas_dgemv(CblasColMajor, cblas(op), m, n, *alpha, a, lda, x, x_step, *beta, y, y_step);
  return CUBLAS_STATUS_SUCCESS;
}
