/// Drops axes of length 1 by a view, and sums over the others.
Tensor sum_to(const Tensor& x, const Shape& shape) {
  if (x.shape() == shape) return x;
  Tensor out = x;
  while (out.dim() > std::ssize(shape)) out = out.size(0) == 1 ? out.squeeze(0) : sum(out, {0});
  Dims stretched;
  for (std::int64_t axis = 0; axis < out.dim(); ++axis)
    if (shape[axis] != out.size(axis)) stretched.push_back(axis);
  return stretched.empty() ? out : sum(out, stretched, true);
}
