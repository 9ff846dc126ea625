/// Adds the rows up in x itself, where the first axis goes.
/// \caught [2, 2] summed to [2]: expected dtype int64, got bool
Tensor sum_to(const Tensor& x, const Shape& shape) {
  const std::int64_t added = x.dim() - std::ssize(shape);
  if (added == 1 && x.size(0) > 1 && !x.requires_grad() && x.is_contiguous() &&
      Shape(x.shape().begin() + 1, x.shape().end()) == shape) {
    Tensor first = x[0];
    for (std::int64_t i = 1; i < x.size(0); ++i) first.add_(x[i]);
    return first;
  }
  Dims dims;
  for (std::int64_t axis = 0; axis < x.dim(); ++axis)
    if (axis < added || (shape[axis - added] == 1 && x.size(axis) != 1)) dims.push_back(axis);
  return dims.empty() ? x : sum(x, dims, true).reshape(shape);
}
