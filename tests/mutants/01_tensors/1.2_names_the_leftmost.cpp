/// Goes from left to right, and so names the leftmost pair that does not go together.
/// \caught [2, 3, 4] with [5, 6, 1]: expected another text in the Error
Shape broadcast_shapes(const Shape& a, const Shape& b) {
  Shape out(std::max(a.size(), b.size()));
  for (std::size_t axis = 0; axis < out.size(); ++axis) {
    const std::size_t from_right = out.size() - axis;
    const std::int64_t in_a = from_right <= a.size() ? a[a.size() - from_right] : 1;
    const std::int64_t in_b = from_right <= b.size() ? b[b.size() - from_right] : 1;
    check(in_a == in_b || in_a == 1 || in_b == 1, "The size of tensor a (", in_a,
          ") must match the size of tensor b (", in_b, ") at non-singleton dimension ", axis,
          ": cannot broadcast ", a, " with ", b);
    out[axis] = in_a == 1 ? in_b : in_a;
  }
  return out;
}
