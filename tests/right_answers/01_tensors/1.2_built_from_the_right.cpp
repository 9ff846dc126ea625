/// Puts one length after the other in front.
Shape broadcast_shapes(const Shape& a, const Shape& b) {
  Shape out;
  auto in_a = a.rbegin();
  auto in_b = b.rbegin();
  const std::size_t axes = std::max(a.size(), b.size());
  while (out.size() < axes) {
    const std::int64_t m = in_a == a.rend() ? 1 : *in_a++;
    const std::int64_t n = in_b == b.rend() ? 1 : *in_b++;
    if (m != n && m != 1)
      check(n == 1, "The size of tensor a (", m, ") must match the size of tensor b (", n,
            ") at non-singleton dimension ", axes - out.size() - 1, ": cannot broadcast ", a,
            " with ", b);
    out.insert(out.begin(), n == 1 ? m : n);
  }
  return out;
}
