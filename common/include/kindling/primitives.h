#pragma once
#include "kindling/backend.h"
#include "kindling/tensor.h"

/// The backend's primitives as functions that return a new tensor. They allocate the result and
/// record nothing: the operations of ops.h are made of them.
///
/// Threads: every function may be called from any thread, also with the same operands; zip_()
/// changes its first one, which must be used by nobody else meanwhile.
namespace kindling::primitive {

/// \throws Error in PyTorch's words unless all are on one device.
void check_same_device(const Tensor& a, const Tensor& b);

Tensor with_layout(const Tensor& x, Layout layout);  ///< another view of the same memory
Tensor expand(const Tensor& x, const Shape& shape);  ///< a view, repeated along axes of length 1
Tensor cast(const Tensor& x, DType dtype);           ///< itself if nothing changes
Tensor contiguous(const Tensor& x);                  ///< itself if it is row-major
Tensor copy(const Tensor& x);                        ///< row-major

Tensor map(const Unary& f, const Tensor& x);
/// Operands of one dtype, broadcast to a common shape.
Tensor zip(const Binary& f, const Tensor& a, const Tensor& b);
/// x = f(x, y) in place, y broadcast to x; what add_() and the optimisers are made of. `operation`
/// is named in errors. \throws Error if x must not change in place, or cannot hold the result
Tensor& zip_(const char* operation, const Binary& f, Tensor& x, const Tensor& y);
Tensor compare(const Comparison& f, const Tensor& a, const Tensor& b);
Tensor where(const Tensor& condition, const Tensor& a, const Tensor& b);
/// \param dims sorted, in range, each once; every one is kept with length 1
Tensor reduce(Reduction op, const Tensor& x, const Shape& dims);
/// [batch, m, k] · [batch, k, n]
Tensor matmul(const Tensor& a, const Tensor& b);

/// x seen as [outer, length of dim, inner].
Shape around(const Shape& shape, std::int64_t dim);

}  // namespace kindling::primitive
