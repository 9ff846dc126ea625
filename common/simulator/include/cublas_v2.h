#pragma once
/// What stands for <cublas_v2.h> in a build without nvcc: the products that Kindling asks for,
/// answered by the CPU's BLAS.
#include "cuda_runtime.h"

enum cublasStatus_t {
  CUBLAS_STATUS_SUCCESS = 0,
  CUBLAS_STATUS_NOT_INITIALIZED = 1,
  CUBLAS_STATUS_INVALID_VALUE = 7,
  CUBLAS_STATUS_EXECUTION_FAILED = 13,
};
enum cublasOperation_t { CUBLAS_OP_N, CUBLAS_OP_T, CUBLAS_OP_C };
enum cublasMath_t {
  CUBLAS_DEFAULT_MATH = 0,
  CUBLAS_PEDANTIC_MATH = 2,
  CUBLAS_TF32_TENSOR_OP_MATH = 3,
};
enum cublasPointerMode_t { CUBLAS_POINTER_MODE_HOST, CUBLAS_POINTER_MODE_DEVICE };
using cublasHandle_t = struct cublasContext*;

cublasStatus_t cublasCreate(cublasHandle_t* handle);
cublasStatus_t cublasDestroy(cublasHandle_t handle);
cublasStatus_t cublasSetStream(cublasHandle_t handle, cudaStream_t stream);
cublasStatus_t cublasGetStream(cublasHandle_t handle, cudaStream_t* stream);
cublasStatus_t cublasSetMathMode(cublasHandle_t handle, cublasMath_t mode);
cublasStatus_t cublasGetMathMode(cublasHandle_t handle, cublasMath_t* mode);
cublasStatus_t cublasSetWorkspace(cublasHandle_t handle, void* workspace, std::size_t bytes);
cublasStatus_t cublasSetPointerMode(cublasHandle_t handle, cublasPointerMode_t mode);
const char* cublasGetStatusString(cublasStatus_t status);
const char* cublasGetStatusName(cublasStatus_t status);

// C = alpha op(A) op(B) + beta C, where op(A) is [m, k], op(B) [k, n], C [m, n], all column-major.
cublasStatus_t cublasSgemm(cublasHandle_t, cublasOperation_t a_op, cublasOperation_t b_op, int m,
                           int n, int k, const float* alpha, const float* a, int lda,
                           const float* b, int ldb, const float* beta, float* c, int ldc);
cublasStatus_t cublasDgemm(cublasHandle_t, cublasOperation_t a_op, cublasOperation_t b_op, int m,
                           int n, int k, const double* alpha, const double* a, int lda,
                           const double* b, int ldb, const double* beta, double* c, int ldc);
cublasStatus_t cublasSgemmStridedBatched(cublasHandle_t, cublasOperation_t a_op,
                                         cublasOperation_t b_op, int m, int n, int k,
                                         const float* alpha, const float* a, int lda,
                                         long long a_step, const float* b, int ldb,
                                         long long b_step, const float* beta, float* c, int ldc,
                                         long long c_step, int batch);
cublasStatus_t cublasDgemmStridedBatched(cublasHandle_t, cublasOperation_t a_op,
                                         cublasOperation_t b_op, int m, int n, int k,
                                         const double* alpha, const double* a, int lda,
                                         long long a_step, const double* b, int ldb,
                                         long long b_step, const double* beta, double* c, int ldc,
                                         long long c_step, int batch);
// y = alpha op(A) x + beta y, where A is [m, n], column-major.
cublasStatus_t cublasSgemv(cublasHandle_t, cublasOperation_t op, int m, int n, const float* alpha,
                           const float* a, int lda, const float* x, int x_step, const float* beta,
                           float* y, int y_step);
cublasStatus_t cublasDgemv(cublasHandle_t, cublasOperation_t op, int m, int n, const double* alpha,
                           const double* a, int lda, const double* x, int x_step,
                           const double* beta, double* y, int y_step);
