/// Goes down to a scalar by a number, which has no graph.
/// \caught [2, 3] summed to [], where x requires gradients: the sum requires none
Tensor sum_to(const Tensor& x, const Shape& shape) {
  if (shape.empty() && x.dim() > 0 && x.is_floating_point() && x.numel() > 0)
    return full({}, sum(x).item(), x.dtype(), x.device());
  const std::int64_t added = x.dim() - std::ssize(shape);
  Dims dims;
  for (std::int64_t axis = 0; axis < x.dim(); ++axis)
    if (axis < added || (shape[axis - added] == 1 && x.size(axis) != 1)) dims.push_back(axis);
  return dims.empty() ? x : sum(x, dims, true).reshape(shape);
}
