/// Sums where x is longer than 1, and so forgets axes that were stretched to length 0.
/// \caught [0, 3] summed to [1, 3]: expected shape [1, 3], got [0, 3]
Tensor sum_to(const Tensor& x, const Shape& shape) {
  const std::int64_t added = x.dim() - std::ssize(shape);
  Dims dims;
  for (std::int64_t axis = 0; axis < x.dim(); ++axis)
    if (axis < added || (shape[axis - added] == 1 && x.size(axis) > 1)) dims.push_back(axis);
  return dims.empty() ? x : sum(x, dims, true).reshape(shape);
}
