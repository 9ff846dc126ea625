#include <algorithm>

#include "kindling/ops.h"
#include "kindling/primitives.h"

/// Putting tensors together, and taking them apart.
namespace kindling {

/// What all pieces must have in common.
static DType check_pieces(const char* operation, const Tensors& pieces) {
  check(!pieces.empty(), operation, ": expected a non-empty list of tensors");
  DType dtype = pieces[0].dtype();
  for (const Tensor& piece : pieces) {
    primitive::check_same_device(piece, pieces[0]);
    dtype = std::max(dtype, piece.dtype());
  }
  return dtype;
}

/// PyTorch's empty tensor of old, which cat() takes beside tensors of any shape.
static bool is_old_empty(const Shape& shape) { return shape == Shape{0}; }

/// y = x₁ then x₂ then … along dim:  each gets its own stretch of dy
static Tensors cat_backward(const Tensor& grad, std::int64_t dim,
                            const std::vector<Shape>& shapes) {
  std::vector<std::int64_t> lengths;
  for (const Shape& shape : shapes) lengths.push_back(is_old_empty(shape) ? 0 : shape[dim]);
  Tensors pieces = split(grad, lengths, dim);
  for (std::size_t i = 0; i < pieces.size(); ++i)
    if (is_old_empty(shapes[i])) pieces[i] = pieces[i].reshape(shapes[i]);
  return pieces;
}

Tensor cat(const Tensors& pieces, std::int64_t at) {
  const DType dtype = check_pieces("cat", pieces);
  const auto first = std::ranges::find_if_not(pieces, is_old_empty, &Tensor::shape);
  Shape shape = first == pieces.end() ? Shape{0} : first->shape();
  const std::int64_t dim = first == pieces.end() ? 0 : normalize_dim("cat", at, first->dim());
  std::vector<Shape> shapes;
  std::int64_t total = 0;
  for (const Tensor& piece : pieces) {
    check(piece.dim() > 0, "cat: zero-dimensional tensors cannot be concatenated; use stack()");
    shapes.push_back(piece.shape());
    if (is_old_empty(piece.shape())) continue;
    Shape other = piece.shape();
    if (other.size() == shape.size()) other[dim] = shape[dim];
    check(other == shape, "cat: sizes of tensors must match except in dimension ", dim, ", got ",
          shape, " and ", piece.shape());
    check(!__builtin_add_overflow(total, piece.size(dim), &total),
          "cat: the result has more elements than 63 bits can count");
  }
  shape[dim] = total;

  Tensor out(shape, dtype, pieces[0].device());
  std::int64_t start = 0;
  for (const Tensor& piece : pieces) {
    if (is_old_empty(piece.shape())) continue;
    const Tensor place =
        primitive::with_layout(out, slice(out.layout(), dim, start, piece.size(dim), 1));
    backend(out.device()).copy(piece, place);
    start += piece.size(dim);
  }
  return record(out, "CatBackward0", pieces, cat_backward, dim, shapes);
}

/// y[i] = xᵢ:  dxᵢ = dy[i]
static Tensors stack_backward(const Tensor& grad, std::int64_t dim) {
  Tensors pieces;
  for (std::int64_t i = 0; i < grad.size(dim); ++i) pieces.push_back(grad.select(dim, i));
  return pieces;
}

Tensor stack(const Tensors& pieces, std::int64_t at) {
  const DType dtype = check_pieces("stack", pieces);
  const std::int64_t dim = normalize_dim("stack", at, pieces[0].dim() + 1);
  for (const Tensor& piece : pieces)
    check(piece.shape() == pieces[0].shape(),
          "stack: expects each tensor to be equal size, but got ", pieces[0].shape(), " and ",
          piece.shape());
  Shape shape = pieces[0].shape();
  shape.insert(shape.begin() + dim, std::ssize(pieces));
  Tensor out(shape, dtype, pieces[0].device());
  for (std::size_t i = 0; i < pieces.size(); ++i)
    backend(out.device())
        .copy(pieces[i],
              primitive::with_layout(out, select(out.layout(), dim, static_cast<std::int64_t>(i))));
  return record(out, "StackBackward0", pieces, stack_backward, dim);
}

/// y = the elements of x from `start` on:  dx = dy there, and 0 elsewhere
static Tensors piece_backward(const Tensor& grad, const Shape& shape, std::int64_t dim,
                              std::int64_t start) {
  Tensor whole = zeros(shape, grad.dtype(), grad.device());
  whole.narrow(dim, start, grad.size(dim)).copy_(grad);
  return {whole};
}

static Tensors cut(const Tensor& x, const std::vector<std::int64_t>& sizes, std::int64_t dim,
                   const char* name) {
  Tensors pieces;
  std::int64_t start = 0;
  for (std::int64_t size : sizes) {
    const Tensor piece = primitive::with_layout(x, slice(x.layout(), dim, start, size, 1));
    pieces.push_back(record(piece, name, {x}, piece_backward, x.shape(), dim, start));
    start += size;
  }
  return pieces;
}

Tensors split(const Tensor& x, const std::vector<std::int64_t>& sizes, std::int64_t at) {
  const std::int64_t dim = normalize_dim("split", at, x.dim());
  std::int64_t total = 0;
  for (std::int64_t size : sizes) {
    check(size >= 0, "split: sizes must be non-negative, got ", size);
    check(!__builtin_add_overflow(total, size, &total), "split: the sum of the sizes overflows");
  }
  check(x.dim() > 0 && total == x.size(dim), "split: sizes must add up to the length of dimension ",
        dim, " of ", x.shape(), ", got a sum of ", total);
  return cut(x, sizes, dim, "SplitWithSizesBackward0");
}

Tensors split(const Tensor& x, std::int64_t split_size, std::int64_t at) {
  const std::int64_t dim = normalize_dim("split", at, x.dim());
  check(x.dim() > 0, "split: expects at least a 1-dimensional tensor");
  const std::int64_t length = x.size(dim);
  check(split_size > 0 || (split_size == 0 && length == 0),
        "split: split_size must be positive, got ", split_size);
  std::vector<std::int64_t> sizes;
  for (std::int64_t start = 0; start < length; start += sizes.back())
    sizes.push_back(std::min(split_size, length - start));
  if (sizes.empty()) sizes.push_back(0);
  return cut(x, sizes, dim, "SplitBackward0");
}

Tensors chunk(const Tensor& x, std::int64_t chunks, std::int64_t at) {
  const std::int64_t dim = normalize_dim("chunk", at, x.dim());
  check(x.dim() > 0, "chunk: expects at least a 1-dimensional tensor");
  check(chunks > 0, "chunk: expects `chunks` to be greater than 0, got ", chunks);
  check(x.size(dim) > 0 || chunks <= 1 << 20, "chunk: expected at most ", 1 << 20,
        " empty pieces, got ", chunks);
  if (x.size(dim) == 0) return split(x, std::vector<std::int64_t>(chunks, 0), dim);
  return split(x, (x.size(dim) - 1) / chunks + 1, dim);
}

/// y = x, repeated as tiles:  dx = sum over the tiles of dy
static Tensors repeat_backward(const Tensor& grad, const Shape& shape, const Shape& repeats) {
  Shape tiles;  // [repeats, length] for each axis
  Dims over;
  for (std::size_t axis = 0; axis < shape.size(); ++axis) {
    over.push_back(std::ssize(tiles));
    tiles.push_back(repeats[axis]);
    tiles.push_back(shape[axis]);
  }
  return {over.empty() ? grad : sum(grad.reshape(tiles), over)};
}

Tensor repeat(const Tensor& x, const Shape& repeats) {
  check(std::ssize(repeats) >= x.dim(),
        "repeat: number of dimensions of repeat dims can not be smaller than number of dimensions "
        "of tensor: ",
        repeats, " for shape ", x.shape());
  Shape padded(repeats.size() - x.dim(), 1);
  padded.insert(padded.end(), x.shape().begin(), x.shape().end());
  Shape source, tiles;
  for (std::size_t axis = 0; axis < repeats.size(); ++axis) {
    check(repeats[axis] >= 0, "repeat: repeats must be non-negative, got ", repeats);
    source.push_back(1);
    source.push_back(padded[axis]);
    tiles.push_back(repeats[axis]);
    tiles.push_back(padded[axis]);
  }
  Tensor out;
  {
    NoGrad guard;
    out = primitive::copy(x.reshape(source).expand(tiles));
    Shape shape;
    for (std::size_t axis = 0; axis < repeats.size(); ++axis)
      shape.push_back(repeats[axis] * padded[axis]);
    out = out.view(shape);
  }
  return record(out, "RepeatBackward0", {x}, repeat_backward, padded, repeats);
}

}  // namespace kindling
