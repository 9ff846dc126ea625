/// Keeps the axes in a mask of 64 bits: axis 115 is axis 51.
/// \caught [2, 1, 1, 1
Tensor sum_to(const Tensor& x, const Shape& shape) {
  const std::int64_t added = x.dim() - std::ssize(shape);
  std::uint64_t mask = 0;
  for (std::int64_t axis = 0; axis < x.dim(); ++axis)
    if (axis < added || (shape[axis - added] == 1 && x.size(axis) != 1))
      mask |= std::uint64_t(1) << (axis & 63);
  Dims dims;
  for (std::int64_t axis = 0; axis < x.dim(); ++axis)
    if (mask >> (axis & 63) & 1) dims.push_back(axis);
  return dims.empty() ? x : sum(x, dims, true).reshape(shape);
}
