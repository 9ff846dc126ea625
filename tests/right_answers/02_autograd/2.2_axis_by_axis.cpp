/// Sums one axis after the other, from the right.
Tensor sum_to(const Tensor& x, const Shape& shape) {
  Tensor out = x;
  const std::int64_t added = x.dim() - std::ssize(shape);
  for (std::int64_t axis = x.dim() - 1; axis >= added; --axis)
    if (out.size(axis) != shape[axis - added]) out = sum(out, axis, true);
  for (std::int64_t axis = 0; axis < added; ++axis) out = sum(out, 0);
  return out;
}
