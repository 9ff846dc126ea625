/// Asks for every axis where it comes from.
Layout transpose(const Layout& x, std::int64_t dim0, std::int64_t dim1) {
  Layout out;
  out.offset = x.offset;
  for (std::int64_t axis = 0; axis < std::ssize(x.shape); ++axis) {
    const std::int64_t from = axis == dim0 ? dim1 : axis == dim1 ? dim0 : axis;
    out.shape.push_back(x.shape.at(from));
    out.strides.push_back(x.strides.at(from));
  }
  return out;
}
