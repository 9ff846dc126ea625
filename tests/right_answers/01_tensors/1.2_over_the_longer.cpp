/// Begins with the longer shape, and lays the shorter one over it.
Shape broadcast_shapes(const Shape& a, const Shape& b) {
  const bool a_is_longer = a.size() >= b.size();
  Shape out = a_is_longer ? a : b;
  const Shape& other = a_is_longer ? b : a;
  const std::int64_t missing = std::ssize(out) - std::ssize(other);
  for (std::int64_t i = std::ssize(other) - 1; i >= 0; --i) {
    std::int64_t& length = out[missing + i];
    const std::int64_t in_a = a_is_longer ? length : other[i];
    const std::int64_t in_b = a_is_longer ? other[i] : length;
    check(in_a == in_b || in_a == 1 || in_b == 1, "The size of tensor a (", in_a,
          ") must match the size of tensor b (", in_b, ") at non-singleton dimension ", missing + i,
          ": cannot broadcast ", a, " with ", b);
    if (length == 1) length = other[i];
  }
  return out;
}
