/// Has room for eight axes.
/// \caught [3, 1, 1, 1
Shape broadcast_shapes(const Shape& a, const Shape& b) {
  Shape out(std::max(a.size(), b.size()));
  for (std::size_t from_right = 1; from_right <= std::min<std::size_t>(out.size(), 8);
       ++from_right) {
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
