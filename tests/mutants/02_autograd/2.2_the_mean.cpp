/// Takes the mean of what was repeated instead of the sum.
/// \caught [2, 3] summed to [2, 1]: element [0, 0]: expected 6, got 2
Tensor sum_to(const Tensor& x, const Shape& shape) {
  const std::int64_t added = x.dim() - std::ssize(shape);
  Dims dims;
  for (std::int64_t axis = 0; axis < x.dim(); ++axis)
    if (axis < added || (shape[axis - added] == 1 && x.size(axis) != 1)) dims.push_back(axis);
  return dims.empty() ? x : mean(x, dims, true).reshape(shape);
}
