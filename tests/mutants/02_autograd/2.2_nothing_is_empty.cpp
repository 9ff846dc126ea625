/// Returns uninitialised memory where x has no elements.
/// \caught [0] summed to [0]: expected x itself, got another tensor
Tensor sum_to(const Tensor& x, const Shape& shape) {
  const std::int64_t added = x.dim() - std::ssize(shape);
  Dims dims;
  for (std::int64_t axis = 0; axis < x.dim(); ++axis)
    if (axis < added || (shape[axis - added] == 1 && x.size(axis) != 1)) dims.push_back(axis);
  if (x.numel() == 0) return empty(shape, x.dtype(), x.device());
  return dims.empty() ? x : sum(x, dims, true).reshape(shape);
}
