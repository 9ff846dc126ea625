#include "kindling/ops.h"
#include "kindling/primitives.h"

/// Products of matrices. There are two rules, for a · b and for bias + a · b; vectors and batches
/// are brought to them by views.
namespace kindling {

static void check_operands(const char* operation, const Tensor& a, const Tensor& b) {
  primitive::check_same_device(a, b);
  check(a.dtype() == b.dtype(), operation, ": expected both operands to have the same dtype, got ",
        a.dtype(), " and ", b.dtype());
  check(a.dtype() != bool_, operation, ": expected numbers, got bool tensors");
}

/// \exercise{2.3} C = A B:  dA = dC Bᵀ,  dB = Aᵀ dC. `grad` is dC. A is [m, k], B [k, n] and dC
/// [m, n], or each is a batch of such matrices, [batch, m, k] and so on; ᵀ exchanges the last two
/// axes. An input that wants no gradient gets an undefined Tensor, and costs no product; what only
/// its gradient needs is not looked at: it may have been changed since.
static Tensors product_backward(const Tensor& grad, const Saved& a, const Saved& b) {
  throw NotImplemented("2.3");
}

/// Two matrices, or two batches of as many: [m, k] · [k, n], or [batch, m, k] · [batch, k, n].
static Tensor product(const Tensor& a, const Tensor& b) {
  const bool batched = a.dim() == 3;
  const auto as_batch = [&](const Tensor& t) {
    return batched ? t : primitive::with_layout(t, unsqueeze(t.layout(), 0));
  };
  Tensor out = primitive::matmul(as_batch(a), as_batch(b));
  if (!batched) out = primitive::with_layout(out, squeeze(out.layout(), 0));
  return record(out, batched ? "BmmBackward0" : "MmBackward0", {a, b}, product_backward, a, b);
}

/// c = Σ aᵢ bᵢ:  da = dc b,  db = dc a
static Tensors dot_backward(const Tensor& grad, const Saved& a, const Saved& b) {
  return {grad * *b, grad * *a};
}

static Tensor dot(const Tensor& a, const Tensor& b) {
  const Tensor row = primitive::with_layout(a, unsqueeze(unsqueeze(a.layout(), 0), 0));
  const Tensor column = primitive::with_layout(b, unsqueeze(unsqueeze(b.layout(), 1), 0));
  const Tensor out = primitive::with_layout(primitive::matmul(row, column), Layout(Shape{}));
  return record(out, "DotBackward0", {a, b}, dot_backward, a, b);
}

/// c = A b:  dA = dc bᵀ,  db = Aᵀ dc
static Tensors matrix_times_vector_backward(const Tensor& grad, const Saved& a, const Saved& b) {
  return {matmul(grad.unsqueeze(1), b->unsqueeze(0)), matmul(a->T(), grad)};
}

static Tensor matrix_times_vector(const Tensor& a, const Tensor& b) {
  const Tensor matrix = primitive::with_layout(a, unsqueeze(a.layout(), 0));
  const Tensor column = primitive::with_layout(b, unsqueeze(unsqueeze(b.layout(), 1), 0));
  const Tensor out = primitive::with_layout(primitive::matmul(matrix, column), Layout({a.size(0)}));
  return record(out, "MvBackward0", {a, b}, matrix_times_vector_backward, a, b);
}

/// One matrix, or vector, for a whole batch: the batch's rows are simply more rows.
static Tensor folded_product(const Tensor& a, const Tensor& b) {
  Shape out(a.shape().begin(), a.shape().end() - 1);
  const Tensor rows = a.reshape({numel(out), a.size(-1)});
  if (b.dim() == 2) out.push_back(b.size(1));
  return unsafe_view(matmul(rows, b), out);
}

/// Leading axes are batches: they are broadcast, and then flattened into one. A vector on the left
/// is a row, which the result does without again.
static Tensor batched_product(const Tensor& a, const Tensor& b) {
  const Tensor left = a.dim() == 1 ? a.unsqueeze(0) : a;
  const Shape batch = broadcast_shapes(Shape(left.shape().begin(), left.shape().end() - 2),
                                       Shape(b.shape().begin(), b.shape().end() - 2));
  const auto flatten = [&](const Tensor& t) {
    Shape wide = batch;
    wide.insert(wide.end(), t.shape().end() - 2, t.shape().end());
    return t.expand(wide).reshape({numel(batch), t.size(-2), t.size(-1)});
  };
  Shape out = batch;
  if (a.dim() > 1) out.push_back(a.size(-2));
  out.push_back(b.size(-1));
  return unsafe_view(product(flatten(left), flatten(b)), out);
}

Tensor matmul(const Tensor& a, const Tensor& b) {
  check_operands("matmul", a, b);
  check(a.dim() > 0 && b.dim() > 0, "matmul: both arguments need to be at least 1-D, but they are ",
        a.dim(), "-D and ", b.dim(), "-D");
  const std::int64_t rows_of_b = b.size(b.dim() == 1 ? 0 : -2);
  check(a.size(-1) == rows_of_b, "matmul: inner dimensions must agree, got ", a.shape(), " x ",
        b.shape());

  if (a.dim() == 1 && b.dim() == 1) return dot(a, b);
  if (a.dim() == 2 && b.dim() == 1) return matrix_times_vector(a, b);
  if (a.dim() == 1 && b.dim() == 2) return product(a.unsqueeze(0), b).squeeze(0);
  if (a.dim() == 2 && b.dim() == 2) return product(a, b);
  if (b.dim() <= 2) return folded_product(a, b);
  return batched_product(a, b);
}

/// C = bias + A B:  dbias = dC,  dA = dC Bᵀ,  dB = Aᵀ dC
static Tensors addmm_backward(const Tensor& grad, const Saved& a, const Saved& b) {
  Tensors of_product = product_backward(grad, a, b);
  return {grad, of_product[0], of_product[1]};
}

Tensor addmm(const Tensor& bias, const Tensor& a, const Tensor& b) {
  check_operands("addmm", a, b);
  check_operands("addmm", bias, a);
  check(a.dim() == 2 && b.dim() == 2, "addmm: expected two matrices, got shapes ", a.shape(),
        " and ", b.shape());
  check(a.size(1) == b.size(0), "addmm: inner dimensions must agree, got ", a.shape(), " x ",
        b.shape());
  Tensor out({a.size(0), b.size(1)}, a.dtype(), a.device());
  check(broadcast_shapes(bias.shape(), out.shape()) == out.shape(), "addmm: a bias of shape ",
        bias.shape(), " cannot be broadcast to the product's shape ", out.shape());
  const auto as_batch = [](const Tensor& t) {
    return primitive::with_layout(t, unsqueeze(t.layout(), 0));
  };
  backend(a.device())
      .addmm(as_batch(primitive::expand(bias, out.shape())), as_batch(a), as_batch(b),
             as_batch(out));
  return record(out, "AddmmBackward0", {bias, a, b}, addmm_backward, a, b);
}

}  // namespace kindling
