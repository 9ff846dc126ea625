/// Aligns the shapes at the left.
/// \caught [2, 3] with [3]: expected [2, 3], got an Error
Shape broadcast_shapes(const Shape& a, const Shape& b) {
  Shape out(std::max(a.size(), b.size()));
  for (std::size_t axis = 0; axis < out.size(); ++axis) {
    const std::int64_t in_a = axis < a.size() ? a[axis] : 1;
    const std::int64_t in_b = axis < b.size() ? b[axis] : 1;
    check(in_a == in_b || in_a == 1 || in_b == 1, "The size of tensor a (", in_a,
          ") must match the size of tensor b (", in_b, ") at non-singleton dimension ", axis,
          ": cannot broadcast ", a, " with ", b);
    out[axis] = in_a == 1 ? in_b : in_a;
  }
  return out;
}
