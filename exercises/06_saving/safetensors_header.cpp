#include <algorithm>

#include "kindling/serialize.h"

/// What stands before the elements of a safetensors file, and why it may be believed.
namespace kindling {
namespace {

/// A number of 8 bytes, the least significant first.
std::uint64_t little_endian(const char* bytes) {
  std::uint64_t value = 0;
  for (int i = 7; i >= 0; --i) value = value << 8 | static_cast<unsigned char>(bytes[i]);
  return value;
}

/// Reads exactly as much as `into` is long. \throws Error if there is not as much
void read_exactly(std::istream& file, std::string& into, const std::string& name) {
  file.read(into.data(), std::ssize(into));
  check(file.gcount() == std::ssize(into), name, ": expected ", into.size(),
        " more bytes of header, got ", file.gcount());
}

/// How many bytes the elements of a tensor take. \throws Error if nobody could count them
std::uint64_t bytes_of(const SafetensorsEntry& tensor) {
  std::int64_t bytes = 0;
  check(!__builtin_mul_overflow(numel(tensor.shape), size_of(dtype_from_safetensors(tensor.dtype)),
                                &bytes),
        "shape ", tensor.shape, " has more bytes than 63 bits can count");
  return static_cast<std::uint64_t>(bytes);
}

/// Whether the tensors, one behind the other in the order of their offsets, are as long as they say
/// and fill `data_bytes` without a gap.
void check_offsets(const SafetensorsHeader& header, std::uint64_t data_bytes,
                   const std::string& name) {
  std::vector<const SafetensorsEntry*> in_order;
  for (const SafetensorsEntry& tensor : header.tensors) in_order.push_back(&tensor);
  std::ranges::stable_sort(in_order, {},
                           [](const SafetensorsEntry* t) { return std::pair(t->begin, t->end); });

  std::uint64_t expected = 0;
  for (const SafetensorsEntry* tensor : in_order) {
    const auto& [tensor_name, dtype, shape, begin, end] = *tensor;
    const std::string where = name + ": tensor \"" + tensor_name + '"';
    check(begin <= end && end <= data_bytes, where, ": expected offsets from 0 to ", data_bytes,
          ", the end of the file, got [", begin, ", ", end, "]");
    check(begin == expected, where, ": expected it to begin at offset ", expected,
          ", where the one before ends, got ", begin,
          begin < expected ? ": they overlap" : ": there is a gap");
    std::uint64_t bytes = 0;
    try {
      bytes = bytes_of(*tensor);
    } catch (const Error& error) {
      fail(where, ": ", error.what());
    }
    check(end - begin == bytes, where, ": expected ", bytes, " bytes for ", dtype, ' ', shape,
          ", got ", end - begin, " between its offsets");
    expected = end;
  }
  check(expected == data_bytes, name,
        ": expected the tensors to end where the file ends, at offset ", data_bytes, ", got ",
        expected);
}

}  // namespace

/// \exercise{6.2} Eight bytes, read by little_endian(), give the length of the JSON; `file` is left
/// behind it, where the elements begin. A file may lie, so check in this order, and take no memory
/// before the third:
/// - it has 8 bytes: "expected a safetensors file, which has at least 8 bytes, got 7";
/// - the length is at most max_safetensors_header, however short the file is: "expected a header of
///   at most 100000000 bytes, got 100000001";
/// - the file has as much left: "expected a header of 3 bytes, but only 2 follow";
/// - the JSON begins with {: "expected a header that begins with {, got [" or "got an empty one";
/// - parse_safetensors_json() understands it, and check_offsets() finds the elements in the bytes
///   that are left.
/// \throws Error that begins with `name` and ": ", whoever found what is wrong
SafetensorsHeader read_safetensors_header(std::istream& file, std::uint64_t file_size,
                                          const std::string& name) {
  throw NotImplemented("6.2");
}

}  // namespace kindling
