/// Each stride is the product of the lengths behind it, computed anew.
Shape row_major_strides(const Shape& shape) {
  Shape strides;
  for (std::size_t axis = 0; axis < shape.size(); ++axis) {
    std::int64_t step = 1;
    for (std::size_t right = axis + 1; right < shape.size(); ++right)
      if (shape[right] != 0) step *= shape[right];
    strides.push_back(step);
  }
  return strides;
}
