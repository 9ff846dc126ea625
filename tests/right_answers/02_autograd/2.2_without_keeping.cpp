/// Sums without keeping any axis, and gives the result its shape.
Tensor sum_to(const Tensor& x, const Shape& shape) {
  Shape narrow(static_cast<std::size_t>(x.dim()) - shape.size(), 1);
  narrow.insert(narrow.end(), shape.begin(), shape.end());
  Dims dims;
  for (std::int64_t axis = 0; axis < x.dim(); ++axis)
    if (narrow[axis] == 1 && x.size(axis) != 1) dims.push_back(axis);
  if (shape == x.shape()) return x;
  return (dims.empty() ? x : sum(x, dims)).reshape(shape);
}
