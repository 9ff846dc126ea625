#pragma once
#include <array>
#include <functional>
#include <span>

#include "kindling/backend.h"

/// The CPU. Threads: as backend.h says; a CpuBackend has no state of its own.
namespace kindling {

/// The backend of chapter 1. Its bodies stand in solutions/01_tensors and, where there is nothing
/// to learn by writing them, in common/src/cpu.
class CpuBackend : public Backend {
 public:
  std::byte* allocate(std::int64_t bytes) override;
  void deallocate(std::byte* data, std::int64_t bytes) noexcept override;
  void copy(const Tensor& from, const Tensor& out) override;
  void fill(const Tensor& out, Scalar value) override;
  void map(const Unary& f, const Tensor& x, const Tensor& out) override;
  void zip(const Binary& f, const Tensor& a, const Tensor& b, const Tensor& out) override;
  void compare(const Comparison& f, const Tensor& a, const Tensor& b, const Tensor& out) override;
  void where(const Tensor& condition, const Tensor& a, const Tensor& b, const Tensor& out) override;
  void reduce(Reduction, const Tensor& x, const Tensor& out) override;
  void arg_reduce(Reduction, const Tensor& x, const Tensor& values, const Tensor& indices) override;
  void matmul(const Tensor& a, const Tensor& b, const Tensor& out, bool accumulate) override;
  void gather(const Tensor& x, const Tensor& index, const Tensor& out) override;
  void scatter_add(const Tensor& x, const Tensor& index, const Tensor& out) override;
  void index_select(const Tensor& x, const Tensor& index, const Tensor& out) override;
  void index_add(const Tensor& x, const Tensor& index, const Tensor& out) override;
  void uniform(const Tensor& out, double from, double to, Generator&) override;
  void normal(const Tensor& out, double mean, double std, Generator&) override;
  void bernoulli(const Tensor& out, double p, Generator&) override;
  void random(const Tensor& out, std::int64_t low, std::int64_t high, Generator&) override;
};

/// Operands of one elementwise operation, walked together: their common shape, and the strides of
/// each.
struct Walk {
  static constexpr std::size_t max_operands = 4;
  Shape shape;
  std::array<Shape, max_operands> strides;
  std::size_t operands = 0;

  /// \param layouts all of one shape
  explicit Walk(std::initializer_list<const Layout*> layouts);
};

/// One row of a Walk: where it begins in each operand, counted in elements from the operand's first
/// one.
using RowOffsets = std::array<std::int64_t, Walk::max_operands>;

/// Merges neighbouring axes that every operand steps through as if they were one, and drops those
/// of length 1: two dense tensors of shape [64, 3, 28, 28] become one row of 150,528 elements, for
/// which the inner loop is entered once.
void merge_axes(Walk&);

/// Calls `row` for every row along the last axis, in row-major order, with the row's offset in each
/// operand. A repeated axis has stride 0: this is all there is to broadcasting. Nothing is called
/// for a shape without elements; a shape without axes is one row of one element.
void for_each_row(const Walk&, const std::function<void(const RowOffsets&)>& row);

}  // namespace kindling
