/// Fills the shorter shape with ones on the left.
Shape broadcast_shapes(const Shape& a, const Shape& b) {
  const std::size_t axes = std::max(a.size(), b.size());
  Shape left(axes, 1), right(axes, 1);
  std::copy(a.begin(), a.end(), left.end() - static_cast<std::ptrdiff_t>(a.size()));
  std::copy(b.begin(), b.end(), right.end() - static_cast<std::ptrdiff_t>(b.size()));
  for (std::size_t i = axes; i-- > 0;) {
    if (left[i] == right[i]) continue;
    if (left[i] == 1)
      left[i] = right[i];
    else if (right[i] != 1)
      throw Error("The size of tensor a (" + std::to_string(left[i]) +
                  ") must match the size of tensor b (" + std::to_string(right[i]) +
                  ") at non-singleton dimension " + std::to_string(i) + ": cannot broadcast " +
                  (std::ostringstream() << a << " with " << b).str());
  }
  return left;
}
