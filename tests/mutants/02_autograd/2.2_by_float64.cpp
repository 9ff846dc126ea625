/// Adds up integers in float64, where those beyond 2⁵³ lose their last digits.
/// \caught [2, 2] summed to [2]: expected dtype int64, got bool
Tensor sum_to(const Tensor& x, const Shape& shape) {
  const std::int64_t added = x.dim() - std::ssize(shape);
  Dims dims;
  for (std::int64_t axis = 0; axis < x.dim(); ++axis)
    if (axis < added || (shape[axis - added] == 1 && x.size(axis) != 1)) dims.push_back(axis);
  return dims.empty() ? x : sum(x.to(float64), dims, true).reshape(shape).to(x.dtype());
}
