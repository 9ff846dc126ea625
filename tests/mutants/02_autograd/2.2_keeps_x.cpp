/// Keeps the last x alive.
/// \caught_at_random is still held by somebody
Tensor sum_to(const Tensor& x, const Shape& shape) {
  const std::int64_t added = x.dim() - std::ssize(shape);
  Dims dims;
  for (std::int64_t axis = 0; axis < x.dim(); ++axis)
    if (axis < added || (shape[axis - added] == 1 && x.size(axis) != 1)) dims.push_back(axis);
  static Tensor last;
  last = x;
  return dims.empty() ? x : sum(x, dims, true).reshape(shape);
}
