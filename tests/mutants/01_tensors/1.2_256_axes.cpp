/// Looks at 256 axes only.
/// \caught [1, 1, 1
Shape broadcast_shapes(const Shape& a, const Shape& b) {
  Shape out = a.size() >= b.size() ? a : b;
  for (std::size_t from_right = 1; from_right <= out.size() && from_right <= 256; ++from_right) {
    const std::int64_t in_a = from_right <= a.size() ? a[a.size() - from_right] : 1;
    const std::int64_t in_b = from_right <= b.size() ? b[b.size() - from_right] : 1;
    const std::size_t axis = out.size() - from_right;
    check(in_a == in_b || in_a == 1 || in_b == 1, "The size of tensor a (", in_a,
          ") must match the size of tensor b (", in_b, ") at non-singleton dimension ", axis,
          ": cannot broadcast ", a, " with ", b);
    out[axis] = in_a == 1 ? in_b : in_a;
  }
  return out;
}
