/// Computes on the CPU, and leaves the result there.
/// \caught_at_random where it is: expected cuda:0, got cpu
Tensor sum_to(const Tensor& x, const Shape& shape) {
  const std::int64_t added = x.dim() - std::ssize(shape);
  Dims dims;
  for (std::int64_t axis = 0; axis < x.dim(); ++axis)
    if (axis < added || (shape[axis - added] == 1 && x.size(axis) != 1)) dims.push_back(axis);
  return dims.empty() ? x : sum(x.to(cpu), dims, true).reshape(shape);
}
