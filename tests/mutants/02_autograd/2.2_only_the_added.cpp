/// Forgets the axes that were stretched from length 1.
/// \caught [2, 3] summed to [2, 1]: expected a tensor of shape [2, 1], got an Error
Tensor sum_to(const Tensor& x, const Shape& shape) {
  const std::int64_t added = x.dim() - std::ssize(shape);
  Dims dims;
  for (std::int64_t axis = 0; axis < x.dim(); ++axis)
    if (axis < added) dims.push_back(axis);
  return dims.empty() ? x.reshape(shape) : sum(x, dims, true).reshape(shape);
}
