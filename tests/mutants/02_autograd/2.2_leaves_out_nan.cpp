/// Leaves out what is not a number.
/// \caught_at_random sum_to(x
Tensor sum_to(const Tensor& x, const Shape& shape) {
  const std::int64_t added = x.dim() - std::ssize(shape);
  Dims dims;
  for (std::int64_t axis = 0; axis < x.dim(); ++axis)
    if (axis < added || (shape[axis - added] == 1 && x.size(axis) != 1)) dims.push_back(axis);
  return dims.empty() ? x : sum(where(x != x, zeros_like(x), x), dims, true).reshape(shape);
}
