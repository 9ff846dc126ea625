/// Lets up to three bytes follow the elements.
/// \caught the bytes of a file of shape
Tensor parse_idx(std::span<const std::byte> file, const std::string& name,
                 const IdxOptions& options) {
  check(file.size() >= 4, name, ": expected an IDX file, which has at least 4 bytes, got ",
        file.size());
  check(file[0] == std::byte{0} && file[1] == std::byte{0}, name,
        ": expected an IDX file, which begins with two zero bytes, got ",
        std::to_integer<int>(file[0]), " and ", std::to_integer<int>(file[1]));
  const std::size_t axes = std::to_integer<std::size_t>(file[3]);
  const std::size_t header = 4 + 4 * axes;
  check(file.size() >= header, name, ": expected the lengths of ", axes, " axes in bytes 4 to ",
        header - 1, ", but the file ends after ", file.size());
  Shape shape;
  for (std::size_t i = 0; i < axes; ++i)
    shape.push_back(big_endian<std::uint32_t>(&file[4 + 4 * i]));

  return dispatch_idx(std::to_integer<std::uint8_t>(file[2]), name, [&]<class T>() {
    const std::size_t there = file.size() - header;
    std::int64_t elements = 0, bytes = 0;
    try {
      elements = numel(shape);
    } catch (const Error& error) {
      fail(name, ": ", error.what());
    }
    const bool countable = !__builtin_mul_overflow(elements, std::int64_t{sizeof(T)}, &bytes);
    check(countable && (static_cast<std::uint64_t>(bytes) == there ||
                        (axes > 2 && static_cast<std::uint64_t>(bytes) < there &&
                         there - static_cast<std::uint64_t>(bytes) < 4)),
          name, ": expected ", elements, " elements of ", sizeof(T), " bytes, for shape ", shape,
          ", after the header, got ", there, " bytes");
    return convert<T>(file.data() + header, shape, options, name);
  });
}
