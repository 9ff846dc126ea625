/// Takes whichever length is not 1, and never looks whether they go together.
/// \caught [2, 3] with [2, 4]: expected an Error, and none was thrown
Shape broadcast_shapes(const Shape& a, const Shape& b) {
  Shape out(std::max(a.size(), b.size()));
  for (std::size_t from_right = 1; from_right <= out.size(); ++from_right) {
    const std::int64_t in_a = from_right <= a.size() ? a[a.size() - from_right] : 1;
    const std::int64_t in_b = from_right <= b.size() ? b[b.size() - from_right] : 1;
    out[out.size() - from_right] = in_a == 1 ? in_b : in_a;
  }
  return out;
}
