#pragma once
#include "kindling/functors.h"
#include "kindling/tensor.h"

/// What a device has to offer. Threads: backend() may be called from any thread. One Backend serves
/// all of them, and its functions may run at once as long as none writes what another uses.
namespace kindling {

/// How a backend folds the elements of an axis into one.
enum class Reduction { sum, max, min, all, any, prod };

/// Everything that a device must know how to do. A new device is one subclass; nothing above it
/// changes, and a new elementwise operation needs no new entry here; nor does one that does the
/// work of several in one (fused.h). Arguments have been checked: operands of one call have one
/// dtype (except where said otherwise), live on the same device, and `out` is row-major and of the
/// right shape.
class Backend {
 public:
  virtual ~Backend() = default;

  virtual std::byte* allocate(std::int64_t bytes) = 0;
  virtual void deallocate(std::byte* data, std::int64_t bytes) noexcept = 0;

  /// out[i] = from[i], between any two layouts of the same shape, converting between dtypes.
  virtual void copy(const Tensor& from, const Tensor& out) = 0;
  /// The same, but it may come back before it is done, where the memory of the CPU is pinned.
  virtual void copy_non_blocking(const Tensor& from, const Tensor& out) { copy(from, out); }
  virtual void fill(const Tensor& out, Scalar value) = 0;
  /// out[i] = f(x[i]); x has out's shape, under any strides.
  virtual void map(const Unary& f, const Tensor& x, const Tensor& out) = 0;
  /// out[i] = f(a[i], b[i]); a and b have been expanded to out's shape, so a repeated axis has
  /// stride 0.
  virtual void zip(const Binary& f, const Tensor& a, const Tensor& b, const Tensor& out) = 0;
  /// The same into a bool tensor.
  virtual void compare(const Comparison& f, const Tensor& a, const Tensor& b,
                       const Tensor& out) = 0;
  /// out[i] = condition[i] ? a[i] : b[i], all expanded to out's shape.
  virtual void where(const Tensor& condition, const Tensor& a, const Tensor& b,
                     const Tensor& out) = 0;
  /// x [outer, n, inner] row-major → out [outer, inner]. all and any give bool.
  virtual void reduce(Reduction, const Tensor& x, const Tensor& out) = 0;
  /// x [outer, n, inner] row-major, n > 0 → the extreme value (max or min) and the first index
  /// where it stands.
  virtual void arg_reduce(Reduction, const Tensor& x, const Tensor& values,
                          const Tensor& indices) = 0;
  /// a [batch, m, k], b [batch, k, n], under any strides → out [batch, m, n]; with `accumulate`,
  /// added to what is there.
  virtual void matmul(const Tensor& a, const Tensor& b, const Tensor& out, bool accumulate) = 0;
  /// out = bias + a · b, all [batch, m, n] but a [batch, m, k] and b [batch, k, n]; a repeated bias
  /// has strides of 0.
  virtual void addmm(const Tensor& bias, const Tensor& a, const Tensor& b, const Tensor& out) {
    copy(bias, out);
    matmul(a, b, out, true);
  }
  /// out[o, i, r] = x[o, index[o, i, r], r], where x [outer, n, inner], index and out [outer, m,
  /// inner] row-major. \throws Error if an index is not in [0, n).
  virtual void gather(const Tensor& x, const Tensor& index, const Tensor& out) = 0;
  /// out[o, index[o, i, r], r] += x[o, i, r]; the inverse of gather.
  virtual void scatter_add(const Tensor& x, const Tensor& index, const Tensor& out) = 0;
  /// out[o, i, :] = x[o, index[i], :], where x [outer, n, inner], index [m].
  virtual void index_select(const Tensor& x, const Tensor& index, const Tensor& out) = 0;
  /// out[o, index[i], :] += x[o, i, :]; the inverse of index_select.
  virtual void index_add(const Tensor& x, const Tensor& index, const Tensor& out) = 0;

  // Random numbers, into any layout without repeated elements: drawn in the order in which the
  // elements lie in memory.
  virtual void uniform(const Tensor& out, double from, double to, Generator&) = 0;
  virtual void normal(const Tensor& out, double mean, double std, Generator&) = 0;
  /// 1 with probability p, else 0.
  virtual void bernoulli(const Tensor& out, double p, Generator&) = 0;
  /// Integers in [low, high).
  virtual void random(const Tensor& out, std::int64_t low, std::int64_t high, Generator&) = 0;
};

/// \throws Error if this build, or this machine, has no such device.
Backend& backend(Device);

}  // namespace kindling
