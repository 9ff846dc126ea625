#pragma once
#include <optional>
#include <string_view>

#include "kindling/autograd.h"
#include "kindling/tensor.h"

/// The mathematics. Every function here records its gradient; its rule stands directly above it in
/// solutions/02_autograd. Operands of different dtypes are promoted as in PyTorch, and shapes are
/// broadcast.
///
/// Threads: every function may be called from any thread, also with the same operands, while nobody
/// changes these.
namespace kindling {

/// The axes that a reduction goes over: one, several in braces, or all of them if none is given.
struct Dims : Shape {
  Dims() = default;
  Dims(int dim) : Shape{dim} {}           // NOLINT: implicit on purpose
  Dims(std::int64_t dim) : Shape{dim} {}  // NOLINT
  Dims(std::initializer_list<std::int64_t> dims) : Shape(dims) {}
  Dims(const Shape& dims) : Shape(dims) {}  // NOLINT
};

/// Some elements along an axis, and the index of each.
struct ValuesAndIndices {
  Tensor values, indices;
};

// Element by element (elementwise.cpp) ------------------------------------------------------------
// int64 wraps around where it overflows. A number beside a tensor is rounded to the dtype that both
// are computed in: beside float32, 1e300 is infinite.
Tensor operator+(const Tensor&, const Tensor&);
Tensor operator-(const Tensor&, const Tensor&);
Tensor operator*(const Tensor&, const Tensor&);
Tensor operator/(const Tensor&, const Tensor&);  ///< integers are divided as float32
Tensor operator+(const Tensor&, Scalar);
Tensor operator-(const Tensor&, Scalar);
Tensor operator*(const Tensor&, Scalar);
Tensor operator/(const Tensor&, Scalar);
Tensor operator+(Scalar, const Tensor&);
Tensor operator-(Scalar, const Tensor&);
Tensor operator*(Scalar, const Tensor&);
Tensor operator/(Scalar, const Tensor&);
Tensor operator-(const Tensor&);
Tensor pow(const Tensor&, Scalar exponent);
Tensor pow(const Tensor&, const Tensor& exponent);
Tensor pow(Scalar base, const Tensor& exponent);
Tensor exp(const Tensor&);
Tensor log(const Tensor&);
Tensor log1p(const Tensor&);
Tensor sqrt(const Tensor&);
Tensor abs(const Tensor&);
Tensor tanh(const Tensor&);
Tensor sigmoid(const Tensor&);
Tensor relu(const Tensor&);
Tensor gelu(const Tensor&);  ///< the exact one, with erf
/// "none" is the exact one; "tanh" ½ x (1 + tanh √(2/π) (x + 0.044715 x³)), as in GPT-2.
/// \throws Error if `approximate` is neither
Tensor gelu(const Tensor&, std::string_view approximate);
/// \throws Error if a bound does not fit the result's dtype
Tensor clamp(const Tensor&, std::optional<Scalar> min, std::optional<Scalar> max = {});
Tensor maximum(const Tensor&, const Tensor&);
Tensor minimum(const Tensor&, const Tensor&);

// More functions of one number (functions.cpp)
Tensor rsqrt(const Tensor&);  ///< 1 / √x
Tensor sin(const Tensor&);    ///< of an angle in radians
Tensor cos(const Tensor&);    ///< of an angle in radians
Tensor erf(const Tensor&);    ///< 2/√π ∫ exp(−t²) dt from 0 to x

// Whole numbers (rounding.cpp). Integers stay as they are; bools are refused. What is constant but
// for steps has a gradient of 0.
Tensor floor(const Tensor&);
Tensor ceil(const Tensor&);
Tensor round(const Tensor&);  ///< to the nearest, of two to the even one: 0.5 to 0, 1.5 to 2
/// ⌊a / b⌋, as Python's //: of −7 and 2 it is −4. The result has the dtype that a and b are
/// promoted to, and no gradient but 0. \throws Error if integers are divided by 0 on the CPU; on a
/// GPU that gives 0
Tensor floor_divide(const Tensor& a, const Tensor& b);
Tensor floor_divide(const Tensor& a, Scalar b);
/// a − b ⌊a / b⌋, as Python's %: it has the sign of b. \throws Error as floor_divide() does
Tensor remainder(const Tensor& a, const Tensor& b);
Tensor remainder(const Tensor& a, Scalar b);

// Comparisons: bool tensors, no gradient (compare.cpp) --------------------------------------------
// A number too large for the tensor's dtype is compared as what it is: infinity is above 1e300.
Tensor operator==(const Tensor&, const Tensor&);
Tensor operator!=(const Tensor&, const Tensor&);
Tensor operator<(const Tensor&, const Tensor&);
Tensor operator<=(const Tensor&, const Tensor&);
Tensor operator>(const Tensor&, const Tensor&);
Tensor operator>=(const Tensor&, const Tensor&);
Tensor operator==(const Tensor&, Scalar);
Tensor operator!=(const Tensor&, Scalar);
Tensor operator<(const Tensor&, Scalar);
Tensor operator<=(const Tensor&, Scalar);
Tensor operator>(const Tensor&, Scalar);
Tensor operator>=(const Tensor&, Scalar);
Tensor logical_and(const Tensor&, const Tensor&);
Tensor logical_or(const Tensor&, const Tensor&);
Tensor logical_xor(const Tensor&, const Tensor&);
Tensor logical_not(const Tensor&);
Tensor isnan(const Tensor&);
Tensor isinf(const Tensor&);     ///< either infinity
Tensor isfinite(const Tensor&);  ///< neither NaN nor infinite
/// Same shape, same dtype and the same elements.
bool equal(const Tensor&, const Tensor&);
/// |a − b| ≤ atol + rtol·|b| everywhere, after broadcasting.
bool allclose(const Tensor& a, const Tensor& b, double rtol = 1e-5, double atol = 1e-8,
              bool equal_nan = false);

// Choosing (selection.cpp) ------------------------------------------------------------------------
Tensor where(const Tensor& condition, const Tensor& a, const Tensor& b);
Tensor where(const Tensor& condition, const Tensor& a, Scalar b);
Tensor where(const Tensor& condition, Scalar a, const Tensor& b);
Tensor masked_fill(const Tensor&, const Tensor& mask, Scalar value);
/// Zero below (triu) or above (tril) the `diagonal`-th diagonal of the last two axes; 0 is the main
/// one.
Tensor triu(const Tensor&, std::int64_t diagonal = 0);
Tensor tril(const Tensor&, std::int64_t diagonal = 0);
/// out[i, j] = x[index[i, j], j] for dim 0, and likewise for others.
Tensor gather(const Tensor&, std::int64_t dim, const Tensor& index);
/// The rows (dim 0) or columns (dim 1) or … whose numbers are in the 1-D `index`.
Tensor index_select(const Tensor&, std::int64_t dim, const Tensor& index);

/// Class labels as rows: an axis of `num_classes` more, with a 1 at the label and 0 elsewhere,
/// int64. Without `num_classes`, there are as many as the largest label asks for, which waits for a
/// GPU. \throws Error if the labels are not int64, or one is not in [0, num_classes)
Tensor one_hot(const Tensor& labels, std::optional<std::int64_t> num_classes = {});

// Moving and padding (moving.cpp) -----------------------------------------------------------------
Tensor flip(const Tensor&, const Shape& dims);  ///< axes in the other direction; a copy
/// Elements move by `shifts` places along `dims`, and what leaves at the end comes in again at the
/// beginning. Without dims, x is rolled as one row.
Tensor roll(const Tensor&, const Shape& shifts, const Dims& dims = {});
/// What stands where there was nothing: a number, x mirrored at its border, or the border itself.
enum class Padding { constant, reflect, replicate };
/// More elements at the borders: `pads` are how many before and after, for the last axis, then for
/// the one before it, and so on; negative ones cut off. `value` is for constant padding.
/// \throws Error if there is nothing to mirror or repeat: reflect takes fewer than the axis has
Tensor pad(const Tensor&, const Shape& pads, Padding mode = Padding::constant, Scalar value = 0);

// Sorting and drawing (sorting.cpp, multinomial.cpp) ----------------------------------------------
// Equal elements keep their order, and NaN counts as the largest number of all.
/// \return all elements along `dim`, from the smallest to the largest or the other way round, and
/// the index of each
ValuesAndIndices sort(const Tensor&, std::int64_t dim = -1, bool descending = false);
Tensor argsort(const Tensor&, std::int64_t dim = -1, bool descending = false);
/// The k largest along `dim`, or smallest, the most extreme first, and the index of each.
/// \throws Error if k is not in [0, length of dim]
ValuesAndIndices topk(const Tensor&, std::int64_t k, std::int64_t dim = -1, bool largest = true);
/// Indices drawn with probabilities in proportion to x [classes] or [rows, classes]: int64,
/// [num_samples] or [rows, num_samples]. PyTorch's recipes on the CPU, and from the same seed the
/// same indices on every device, because it is the CPU's generator that draws:
/// - for one sample, or several without replacement: one float64 uniform u (two words) for each
///   element of x in row-major order, whose race time is −log(1 − u) / x; the winners are the
///   samples, the fastest first;
/// - for several with replacement: one float64 uniform for each sample, row by row, that falls into
///   the running sum of the row.
/// It looks at the probabilities, and so waits for a GPU.
/// \throws Error if x is negative, NaN or infinite somewhere, or a row has a sum of 0; or if there
/// are fewer classes than samples without replacement
Tensor multinomial(const Tensor&, std::int64_t num_samples, bool replacement = false,
                   Generator& = default_generator());

// Joining and cutting (joining.cpp) ---------------------------------------------------------------
Tensor cat(const Tensors&, std::int64_t dim = 0);
Tensor stack(const Tensors&, std::int64_t dim = 0);
/// Views of `split_size` along `dim`, the last one shorter if it does not divide.
Tensors split(const Tensor&, std::int64_t split_size, std::int64_t dim = 0);
Tensors split(const Tensor&, const std::vector<std::int64_t>& sizes, std::int64_t dim = 0);
/// At most `chunks` views of the same length, the last one shorter if it does not divide.
Tensors chunk(const Tensor&, std::int64_t chunks, std::int64_t dim = 0);
Tensor repeat(const Tensor&, const Shape& repeats);

// Reductions (reduction.cpp) ----------------------------------------------------------------------
Tensor sum(const Tensor&, const Dims& dims = {}, bool keepdim = false);
Tensor mean(const Tensor&, const Dims& dims = {}, bool keepdim = false);
/// The variance; `correction` 1 divides by n − 1, 0 by n.
Tensor var(const Tensor&, const Dims& dims = {}, bool keepdim = false, int correction = 1);
/// The standard deviation: √var, whose gradient is taken to be 0 where it is 0. (norm.cpp)
Tensor std(const Tensor&, const Dims& dims = {}, bool keepdim = false, int correction = 1);
/// The p-norm, (Σ |x|ᵖ)^(1/p), of all elements or along axes: 2 is the length of a vector, 1 the
/// sum of |x|, infinity the largest |x|, −infinity the smallest, 0 the number of elements that are
/// not 0. Source: torch.linalg.vector_norm (norm.cpp) \throws Error if x does not hold
/// floating-point numbers, or is empty and p has no answer for it
Tensor norm(const Tensor&, double p = 2, const Dims& dims = {}, bool keepdim = false);
/// The product; of bools it is an int64. (prod.cpp)
Tensor prod(const Tensor&, const Dims& dims = {}, bool keepdim = false);
/// y[i] = x[0] + … + x[i] along `dim`; of bools they are int64. (cumsum.cpp)
Tensor cumsum(const Tensor&, std::int64_t dim);
Tensor logsumexp(const Tensor&, const Dims& dims = {}, bool keepdim = false);
/// The largest and smallest; equal ones share the gradient. If the result is NaN, so are the
/// gradients of amax() and amin(), while in max() and min() of all elements the NaNs share it: both
/// as in PyTorch.
Tensor amax(const Tensor&, const Dims& dims = {}, bool keepdim = false);
Tensor amin(const Tensor&, const Dims& dims = {}, bool keepdim = false);
Tensor max(const Tensor&);
Tensor min(const Tensor&);
/// Extreme values along an axis, and the index of the first place where each stands.
ValuesAndIndices max(const Tensor&, std::int64_t dim, bool keepdim = false);
ValuesAndIndices min(const Tensor&, std::int64_t dim, bool keepdim = false);
/// Of all elements in row-major order, or along an axis. int64.
Tensor argmax(const Tensor&, std::optional<std::int64_t> dim = {}, bool keepdim = false);
Tensor argmin(const Tensor&, std::optional<std::int64_t> dim = {}, bool keepdim = false);
Tensor all(const Tensor&, const Dims& dims = {}, bool keepdim = false);
Tensor any(const Tensor&, const Dims& dims = {}, bool keepdim = false);

// Softmax (softmax.cpp) ---------------------------------------------------------------------------
/// eˣ / Σ eˣ along `dim`, computed from x − max x so that nothing overflows.
Tensor softmax(const Tensor&, std::int64_t dim);

// Products of matrices (matmul.cpp) ---------------------------------------------------------------
/// 1-D · 1-D is a dot product; a 1-D operand is a row on the left, a column on the right; with more
/// than two axes the leading ones are batches, which are broadcast.
Tensor matmul(const Tensor&, const Tensor&);
/// A row-major result under another shape, for the end of an operation that nobody else has seen
/// the result of: PyTorch's _unsafe_view, and its name in the graph. Everybody else calls view().
Tensor unsafe_view(const Tensor&, const Shape&);
/// bias + a b for matrices, in one pass; bias is broadcast to [rows of a, columns of b].
Tensor addmm(const Tensor& bias, const Tensor& a, const Tensor& b);

/// Products and sums in Einstein's notation: each operand's axes have letters, "ij,jk->ik"; what
/// the result lacks is summed over. A letter twice in one operand takes a diagonal; "..." stands
/// for any other axes, which are broadcast; without "->", the result has the letters that occur
/// once, in alphabetical order. Operands are multiplied from left to right, by matmul().
/// (einsum.cpp) \throws Error if the equation does not fit the operands
Tensor einsum(std::string_view equation, const Tensors& operands);

/// The dtype that an operation on `a` and `b` computes in; a 0-d tensor yields to one with axes of
/// the same kind (torch.result_type).
DType result_type(const Tensor& a, const Tensor& b);
DType result_type(const Tensor& a, Scalar b);

}  // namespace kindling
