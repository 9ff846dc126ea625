/// Multiplies in double.
/// \caught the strides of [2, 2147483647, 2147483647]
Shape row_major_strides(const Shape& shape) {
  Shape strides(shape.size(), 1);
  for (std::int64_t i = std::ssize(shape) - 2; i >= 0; --i)
    strides[i] =
        static_cast<std::int64_t>(static_cast<double>(strides[i + 1]) *
                                  static_cast<double>(std::max<std::int64_t>(shape[i + 1], 1)));
  return strides;
}
