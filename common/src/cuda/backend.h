#pragma once
#include "cuda/runtime.h"
#include "kindling/backend.h"

namespace kindling {

/// The backend of chapter 7. Each file beside this one has the kernels of one kind; those that are
/// exercises stand in solutions/07_gpu. Everything is put into the thread's current stream and
/// comes back at once, but for copies to the CPU.
class CudaBackend : public Backend {
 public:
  explicit CudaBackend(int index) : index_(index) {}

  std::byte* allocate(std::int64_t bytes) override { return cuda::allocate(index_, bytes); }
  void deallocate(std::byte* data, std::int64_t) noexcept override {
    cuda::deallocate(index_, data);
  }
  void copy(const Tensor& from, const Tensor& out) override;
  void copy_non_blocking(const Tensor& from, const Tensor& out) override;
  void fill(const Tensor& out, Scalar value) override;
  void map(const Unary& f, const Tensor& x, const Tensor& out) override;
  void zip(const Binary& f, const Tensor& a, const Tensor& b, const Tensor& out) override;
  void compare(const Comparison& f, const Tensor& a, const Tensor& b, const Tensor& out) override;
  void where(const Tensor& condition, const Tensor& a, const Tensor& b, const Tensor& out) override;
  void reduce(Reduction, const Tensor& x, const Tensor& out) override;
  void arg_reduce(Reduction, const Tensor& x, const Tensor& values, const Tensor& indices) override;
  void matmul(const Tensor& a, const Tensor& b, const Tensor& out, bool accumulate) override;
  void addmm(const Tensor& bias, const Tensor& a, const Tensor& b, const Tensor& out) override;
  void gather(const Tensor& x, const Tensor& index, const Tensor& out) override;
  void scatter_add(const Tensor& x, const Tensor& index, const Tensor& out) override;
  void index_select(const Tensor& x, const Tensor& index, const Tensor& out) override;
  void index_add(const Tensor& x, const Tensor& index, const Tensor& out) override;
  void uniform(const Tensor& out, double from, double to, Generator&) override;
  void normal(const Tensor& out, double mean, double std, Generator&) override;
  void bernoulli(const Tensor& out, double p, Generator&) override;
  void random(const Tensor& out, std::int64_t low, std::int64_t high, Generator&) override;

 private:
  cudaStream_t stream() const { return cuda::stream_of(index_); }
  const int index_;
};

}  // namespace kindling
