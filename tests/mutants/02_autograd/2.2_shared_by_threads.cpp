/// Its list of axes is static, which threads share.
/// \caught_at_random whether four threads get the sums | it crashed
Tensor sum_to(const Tensor& x, const Shape& shape) {
  const std::int64_t added = x.dim() - std::ssize(shape);
  static Dims dims;
  dims.clear();
  for (std::int64_t axis = 0; axis < x.dim(); ++axis)
    if (axis < added || (shape[axis - added] == 1 && x.size(axis) != 1)) dims.push_back(axis);
  return dims.empty() ? x : sum(x, dims, true).reshape(shape);
}
