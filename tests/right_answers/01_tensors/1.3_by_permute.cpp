/// A permutation of the axes.
Layout transpose(const Layout& x, std::int64_t dim0, std::int64_t dim1) {
  Shape order(x.shape.size());
  for (std::size_t axis = 0; axis < order.size(); ++axis)
    order[axis] = static_cast<std::int64_t>(axis);
  order[dim0] = dim1;
  order[dim1] = dim0;
  return permute(x, order);
}
