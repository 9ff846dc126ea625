/// Adds up in x itself along an axis that was stretched.
/// \caught [2, 3] summed to [1, 3]
Tensor sum_to(const Tensor& x, const Shape& shape) {
  const std::int64_t added = x.dim() - std::ssize(shape);
  Dims dims;
  for (std::int64_t axis = 0; axis < x.dim(); ++axis)
    if (axis < added || (shape[axis - added] == 1 && x.size(axis) != 1)) dims.push_back(axis);
  if (added == 0 && dims.size() == 1 && x.size(dims[0]) > 1 && x.is_contiguous()) {
    Tensor first = x.narrow(dims[0], 0, 1);
    for (std::int64_t i = 1; i < x.size(dims[0]); ++i) first.add_(x.narrow(dims[0], i, 1));
    return first.clone();
  }
  return dims.empty() ? x : sum(x, dims, true).reshape(shape);
}
