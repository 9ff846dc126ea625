/// Throws what at() throws of an axis that the shorter shape does not have.
/// \caught std::out_of_range: vector::_M_range_check: __n (which is 1) >= this->size() (which is 1), at exercises/01_tensors/broadcast_shapes.cpp:
Shape broadcast_shapes(const Shape& a, const Shape& b) {
  Shape out;
  for (std::size_t i = 0; i < std::max(a.size(), b.size()); ++i)
    out.push_back(std::max(a.at(i), b.at(i)));
  return out;
}
