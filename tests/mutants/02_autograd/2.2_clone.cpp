/// Returns a copy if nothing was broadcast.
/// \caught [2, 3] summed to [2, 3]: expected x itself, got another tensor
Tensor sum_to(const Tensor& x, const Shape& shape) {
  const std::int64_t added = x.dim() - std::ssize(shape);
  Dims dims;
  for (std::int64_t axis = 0; axis < x.dim(); ++axis)
    if (axis < added || (shape[axis - added] == 1 && x.size(axis) != 1)) dims.push_back(axis);
  return dims.empty() ? x.clone() : sum(x, dims, true).reshape(shape);
}
