/// Aligns the shapes at the left.
/// \caught [2, 3] summed to [3]: expected a tensor of shape [3], got an Error
Tensor sum_to(const Tensor& x, const Shape& shape) {
  Dims dims;
  for (std::int64_t axis = 0; axis < x.dim(); ++axis)
    if (axis >= std::ssize(shape) || (shape[axis] == 1 && x.size(axis) != 1)) dims.push_back(axis);
  return dims.empty() ? x : sum(x, dims, true).reshape(shape);
}
