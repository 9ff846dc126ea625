/// Sums over axes with stride 0 only: as if a gradient were always an expanded view.
/// \caught [2, 3] summed to [2, 1]: expected shape [2, 1], got [2, 3]
Tensor sum_to(const Tensor& x, const Shape& shape) {
  const std::int64_t added = x.dim() - std::ssize(shape);
  Dims dims;
  for (std::int64_t axis = 0; axis < x.dim(); ++axis)
    if (axis < added || (shape[axis - added] == 1 && x.size(axis) != 1 &&
                         (x.strides()[axis] == 0 || x.is_contiguous())))
      dims.push_back(axis);
  return dims.empty() ? x : sum(x, dims, true).reshape(shape);
}
