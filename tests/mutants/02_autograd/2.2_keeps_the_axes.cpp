/// Keeps the axes that a broadcast added, with length 1.
/// \caught [2, 3] summed to [3]: expected shape [3], got [1, 3]
Tensor sum_to(const Tensor& x, const Shape& shape) {
  const std::int64_t added = x.dim() - std::ssize(shape);
  Dims dims;
  for (std::int64_t axis = 0; axis < x.dim(); ++axis)
    if (axis < added || (shape[axis - added] == 1 && x.size(axis) != 1)) dims.push_back(axis);
  return dims.empty() ? x : sum(x, dims, true);
}
