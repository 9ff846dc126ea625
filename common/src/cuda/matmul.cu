#include <cublasLt.h>

#include <compare>
#include <limits>
#include <map>
#include <memory>

#include "blas_layout.h"
#include "cuda/backend.h"
#include "cuda/kernels.h"
#include "kindling/primitives.h"

/// Products of matrices: cuBLAS for floating-point numbers, our own tiles for integers.
namespace kindling {
namespace cuda {
namespace {

void check_blas(cublasStatus_t status, const char* call,
                std::source_location at = std::source_location::current()) {
  if (status != CUBLAS_STATUS_SUCCESS) [[unlikely]]
    fail(at.file_name(), ":", at.line(), ": ", call, ": cuBLAS returned status ",
         static_cast<int>(status));
}
#define KINDLING_CUBLAS_CHECK(call) check_blas((call), #call)

// By cuBLAS --------------------------------------------------------------------------------------
// Its quickest door is cuBLASLt: which kernel suits a product is asked once for each kind of
// product, and kept. cublasSgemm() decides at each call, which takes the host 3 µs more, and knows
// no bias.

/// A batch of matrices [batch, rows, columns] as cuBLAS reads it. It thinks in columns: what we
/// call row-major, with rows that lie `leading` elements apart, is to it the transpose, so
/// everything is told the other way round.
struct BlasMatrix {
  cublasOperation_t operation = CUBLAS_OP_N;
  std::int64_t rows = 0, columns = 0, leading = 0, step = 0;
  std::uint32_t alignment = 0;  // in bytes, which decides how many of them are read at once
  bool usable = false;

  explicit BlasMatrix(const Tensor& t) : step(t.size(0) == 1 ? 0 : t.strides()[0]) {
    const std::int64_t height = t.size(1), width = t.size(2);
    const BlasLayout layout(height, width, t.strides()[1], t.strides()[2]);
    operation = layout.transposed ? CUBLAS_OP_T : CUBLAS_OP_N;
    rows = layout.transposed ? height : width;
    columns = layout.transposed ? width : height;
    leading = layout.leading;
    usable = layout.usable;
    const auto address = reinterpret_cast<std::uintptr_t>(t.storage().data() +
                                                          t.storage_offset() * size_of(t.dtype()));
    alignment = static_cast<std::uint32_t>(std::min<std::uintptr_t>(address & -address, 256));
  }
  auto operator<=>(const BlasMatrix&) const = default;
};

Tensor readable(const Tensor& t) { return BlasMatrix(t).usable ? t : primitive::copy(t); }

/// A kind of product: all that its kernel depends on. Row-major C = A B is, read by columns,
/// Cᵀ = Bᵀ Aᵀ, so B is on the left.
struct Product {
  DType dtype;
  bool tf32, with_bias;
  std::int64_t batch;
  BlasMatrix left, right, out;
  auto operator<=>(const Product&) const = default;
};

// cuBLAS's objects, each with its own function for the end.
struct Destroy {
  void operator()(cublasLtHandle_t handle) const { cublasLtDestroy(handle); }
  void operator()(cublasLtMatmulDesc_t product) const { cublasLtMatmulDescDestroy(product); }
  void operator()(cublasLtMatrixLayout_t layout) const { cublasLtMatrixLayoutDestroy(layout); }
  void operator()(cublasLtMatmulPreference_t wish) const { cublasLtMatmulPreferenceDestroy(wish); }
};
template <class Pointer>
using Owned = std::unique_ptr<std::remove_pointer_t<Pointer>, Destroy>;

template <class T>
void set(cublasLtMatmulDesc_t product, cublasLtMatmulDescAttributes_t attribute, T value) {
  KINDLING_CUBLAS_CHECK(cublasLtMatmulDescSetAttribute(product, attribute, &value, sizeof(value)));
}
template <class T>
void set(cublasLtMatrixLayout_t layout, cublasLtMatrixLayoutAttribute_t attribute, T value) {
  KINDLING_CUBLAS_CHECK(cublasLtMatrixLayoutSetAttribute(layout, attribute, &value, sizeof(value)));
}
template <class T>
void set(cublasLtMatmulPreference_t wish, cublasLtMatmulPreferenceAttributes_t attribute, T value) {
  KINDLING_CUBLAS_CHECK(
      cublasLtMatmulPreferenceSetAttribute(wish, attribute, &value, sizeof(value)));
}

/// A kind of product as it is told to cuBLAS, with the kernel that it chose.
struct Plan {
  Owned<cublasLtMatmulDesc_t> product;
  Owned<cublasLtMatrixLayout_t> left, right, out;
  cublasLtMatmulAlgo_t kernel{};
  std::size_t workspace_bytes = 0;
};

Owned<cublasLtMatrixLayout_t> layout_of(const BlasMatrix& matrix, cudaDataType_t type,
                                        std::int64_t batch) {
  cublasLtMatrixLayout_t layout = nullptr;
  KINDLING_CUBLAS_CHECK(
      cublasLtMatrixLayoutCreate(&layout, type, matrix.rows, matrix.columns, matrix.leading));
  Owned<cublasLtMatrixLayout_t> owned(layout);
  set(layout, CUBLASLT_MATRIX_LAYOUT_BATCH_COUNT, static_cast<std::int32_t>(batch));
  set(layout, CUBLASLT_MATRIX_LAYOUT_STRIDED_BATCH_OFFSET, matrix.step);
  return owned;
}

Plan make_plan(cublasLtHandle_t blas, const Product& p) {
  const bool is_double = p.dtype == float64;
  const cudaDataType_t type = is_double ? CUDA_R_64F : CUDA_R_32F;
  const cublasComputeType_t arithmetic = is_double ? CUBLAS_COMPUTE_64F
                                         : p.tf32  ? CUBLAS_COMPUTE_32F_FAST_TF32
                                                   : CUBLAS_COMPUTE_32F;
  Plan plan;
  cublasLtMatmulDesc_t product = nullptr;
  KINDLING_CUBLAS_CHECK(cublasLtMatmulDescCreate(&product, arithmetic, type));
  plan.product.reset(product);
  set(product, CUBLASLT_MATMUL_DESC_TRANSA, p.left.operation);
  set(product, CUBLASLT_MATMUL_DESC_TRANSB, p.right.operation);
  if (p.with_bias) set(product, CUBLASLT_MATMUL_DESC_EPILOGUE, CUBLASLT_EPILOGUE_BIAS);
  plan.left = layout_of(p.left, type, p.batch);
  plan.right = layout_of(p.right, type, p.batch);
  plan.out = layout_of(p.out, type, p.batch);

  constexpr std::size_t most_workspace = 32 << 20;  // what NVIDIA recommends for an H100
  cublasLtMatmulPreference_t wish = nullptr;
  KINDLING_CUBLAS_CHECK(cublasLtMatmulPreferenceCreate(&wish));
  const Owned<cublasLtMatmulPreference_t> owned_wish(wish);
  set(wish, CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES, most_workspace);
  set(wish, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_A_BYTES, p.left.alignment);
  set(wish, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_B_BYTES, p.right.alignment);
  set(wish, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_C_BYTES, p.out.alignment);
  set(wish, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_D_BYTES, p.out.alignment);
  cublasLtMatmulHeuristicResult_t best{};
  int found = 0;
  KINDLING_CUBLAS_CHECK(cublasLtMatmulAlgoGetHeuristic(blas, product, plan.left.get(),
                                                       plan.right.get(), plan.out.get(),
                                                       plan.out.get(), wish, 1, &best, &found));
  check(found > 0, "matmul: cuBLAS has no kernel for a product of ", p.dtype, " matrices [",
        p.out.columns, ", ", p.out.rows, "]");
  plan.kernel = best.algo;
  plan.workspace_bytes = best.workspaceSize;
  return plan;
}

/// This thread's door to cuBLAS on a device, and what it knows already.
struct Blas {
  Owned<cublasLtHandle_t> handle;
  std::map<Product, Plan> plans;

  const Plan& plan_for(const Product& product) {
    constexpr std::size_t most_plans = 1024;
    if (!handle) {
      cublasLtHandle_t made = nullptr;
      KINDLING_CUBLAS_CHECK(cublasLtCreate(&made));
      handle.reset(made);
    }
    if (const auto known = plans.find(product); known != plans.end()) return known->second;
    if (plans.size() == most_plans) plans.clear();
    return plans.emplace(product, make_plan(handle.get(), product)).first->second;
  }
};

Blas& blas_of(int device) {
  thread_local std::array<Blas, max_devices> of_device;
  return of_device[device];
}

/// out = a · b, plus a bias [columns] for every row, or plus what was there.
template <class T>
void multiply(const Tensor& a, const Tensor& b, const Tensor& out, bool accumulate,
              const T* bias = nullptr) {
  const cudaStream_t stream = stream_of(out);  // makes its device the current one
  Blas& blas = blas_of(out.device().index);
  const Plan& plan = blas.plan_for({out.dtype(), allow_tf32(), bias != nullptr, out.size(0),
                                    BlasMatrix(b), BlasMatrix(a), BlasMatrix(out)});
  if (bias) set(plan.product.get(), CUBLASLT_MATMUL_DESC_BIAS_POINTER, bias);
  Tensor workspace;
  if (plan.workspace_bytes > 0)
    workspace = Tensor({static_cast<std::int64_t>(plan.workspace_bytes)}, bool_, out.device());
  const T one = 1, beta = accumulate ? T(1) : T(0);
  KINDLING_CUBLAS_CHECK(cublasLtMatmul(
      blas.handle.get(), plan.product.get(), &one, b.data_ptr<T>(), plan.left.get(),
      a.data_ptr<T>(), plan.right.get(), &beta, out.data_ptr<T>(), plan.out.get(),
      out.data_ptr<T>(), plan.out.get(), &plan.kernel,
      workspace.defined() ? workspace.data_ptr<bool>() : nullptr, plan.workspace_bytes, stream));
}

void check_lengths(const Tensor& t) {
  for (const std::int64_t length : t.shape())
    check(length <= std::numeric_limits<int>::max(),
          "matmul: expected axes of fewer than 2^31 elements on cuda, got shape ", t.shape());
}

// By kernels of our own --------------------------------------------------------------------------

/// out = bias + a · b, a thread for each element of out. For products so small that the device
/// waits for the host: this is launched in 4 µs, a call of cuBLAS takes 9, and one more launch for
/// the bias.
template <class T>
__global__ void small_product(MatrixView<T> bias, MatrixView<T> a, MatrixView<T> b,
                              MatrixView<T> out, std::int64_t elements, int rows, int columns,
                              int k, bool with_bias) {
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
  return out.is_floating_point() && a.size(2) > 0 && a.size(2) <= longest &&
         out.numel() * a.size(2) <= most_products;
}

/// \param bias out itself if it is to be added to; undefined for none
void multiply_small(const Tensor& bias, const Tensor& a, const Tensor& b, const Tensor& out) {
  dispatch_number(out.dtype(), [&]<class T>() {
    if constexpr (std::is_floating_point_v<T>) {
      const MatrixView<T> c(out);
      launch(small_product<T>, grid_for(out.numel(), stream_of(out)),
             bias.defined() ? MatrixView<T>(bias) : c, MatrixView<T>(a), MatrixView<T>(b), c,
             out.numel(), static_cast<int>(out.size(1)), static_cast<int>(out.size(2)),
             static_cast<int>(a.size(2)), bias.defined());
    }
  });
}

}  // namespace
}  // namespace cuda

void CudaBackend::addmm(const Tensor& bias, const Tensor& a, const Tensor& b, const Tensor& out) {
  if (out.numel() > 0 && cuda::is_small(a, out)) return cuda::multiply_small(bias, a, b, out);
  const bool is_row = bias.size(0) == 1 && bias.strides()[1] == 0 && bias.strides()[2] == 1;
  if (out.dtype() != float32 || out.numel() == 0 || a.size(2) == 0 || !is_row)
    return Backend::addmm(bias, a, b, out);
  for (const Tensor* t : {&a, &b, &out}) cuda::check_lengths(*t);
  cuda::multiply<float>(cuda::readable(a), cuda::readable(b), out, false, bias.data_ptr<float>());
}

void CudaBackend::matmul(const Tensor& a, const Tensor& b, const Tensor& out, bool accumulate) {
  if (out.numel() == 0) return;
  if (a.size(2) == 0) {  // a sum of nothing
    if (!accumulate) fill(out, 0);
    return;
  }
  if (!out.is_floating_point()) return cuda::matmul_by_tiles(a, b, out, accumulate);
  if (cuda::is_small(a, out)) return cuda::multiply_small(accumulate ? out : Tensor(), a, b, out);
  for (const Tensor* t : {&a, &b, &out}) cuda::check_lengths(*t);
  const Tensor left = cuda::readable(a), right = cuda::readable(b);
  if (out.dtype() == float32)
    cuda::multiply<float>(left, right, out, accumulate);
  else
    cuda::multiply<double>(left, right, out, accumulate);
}

}  // namespace kindling
