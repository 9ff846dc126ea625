/// Throws what at() throws of an axis that the shorter shape does not have.
/// \caught std::out_of_range: vector::_M_range_check: __n (which is 1) >= this->size() (which is 1), at exercises/01_tensors/broadcast_shapes.cpp:
Shape broadcast_shapes(const Shape& a, const Shape& b) {
  const std::vector<std::int64_t> left(a.begin(), a.end()), right(b.begin(), b.end());
  Shape out;
  for (std::size_t i = 0; i < std::max(left.size(), right.size()); ++i)
    out.push_back(std::max(left.at(i), right.at(i)));
  return out;
}
