/// Takes a sum of truth values for a truth value.
/// \caught [2, 2] summed to [2]: expected dtype int64, got bool
Tensor sum_to(const Tensor& x, const Shape& shape) {
  if (x.dtype() == bool_ && x.shape() != shape) return sum_to(x.to(int64), shape) > 0;
  const std::int64_t added = x.dim() - std::ssize(shape);
  Dims dims;
  for (std::int64_t axis = 0; axis < x.dim(); ++axis)
    if (axis < added || (shape[axis - added] == 1 && x.size(axis) != 1)) dims.push_back(axis);
  return dims.empty() ? x : sum(x, dims, true).reshape(shape);
}
