/// Adds up doubles on the CPU: large integers lose their last digits, and a tensor of a GPU comes
/// back on the CPU.
/// \caught [2, 2] summed to [2]: expected dtype int64, got bool
Tensor sum_to(const Tensor& x, const Shape& shape) {
  if (x.shape() == shape) return x;
  const std::vector<double> elements = x.to_vector<double>();
  std::vector<double> totals(static_cast<std::size_t>(numel(shape)));
  const std::int64_t added = x.dim() - std::ssize(shape);
  const Shape strides = row_major_strides(x.shape());
  for (std::int64_t n = 0; n < x.numel(); ++n) {
    std::int64_t at = 0;
    for (std::int64_t axis = added; axis < x.dim(); ++axis)
      at = at * shape[axis - added] +
           (shape[axis - added] == 1 ? 0 : n / strides[axis] % x.size(axis));
    totals[at] += elements[n];
  }
  return tensor(totals).view(shape).to(x.dtype());
}
