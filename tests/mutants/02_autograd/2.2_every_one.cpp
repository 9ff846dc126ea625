/// Takes every axis of length 1 for a stretched one, and returns a copy.
/// \caught [1, 3] summed to [1, 3]: expected x itself, got another tensor
Tensor sum_to(const Tensor& x, const Shape& shape) {
  const std::int64_t added = x.dim() - std::ssize(shape);
  Dims dims;
  for (std::int64_t axis = 0; axis < x.dim(); ++axis)
    if (axis < added || shape[axis - added] == 1) dims.push_back(axis);
  return dims.empty() ? x : sum(x, dims, true).reshape(shape);
}
