#include <bit>
#include <climits>
#include <cmath>
#include <limits>

#include "kindling/data.h"
#include "read_file.h"

/// The format that MNIST comes in.
namespace kindling::data {
namespace {

/// Types of elements, by the third byte of the file.
enum class IdxType : std::uint8_t {
  u8 = 0x08,
  i8 = 0x09,
  i16 = 0x0B,
  i32 = 0x0C,
  f32 = 0x0D,
  f64 = 0x0E
};

/// Calls f.operator()<T>() with the C++ type that the code stands for.
/// \throws Error if there is none
template <class F>
decltype(auto) dispatch_idx(std::uint8_t code, const std::string& name, F&& f) {
  switch (static_cast<IdxType>(code)) {
    case IdxType::u8:
      return f.template operator()<std::uint8_t>();
    case IdxType::i8:
      return f.template operator()<std::int8_t>();
    case IdxType::i16:
      return f.template operator()<std::int16_t>();
    case IdxType::i32:
      return f.template operator()<std::int32_t>();
    case IdxType::f32:
      return f.template operator()<float>();
    case IdxType::f64:
      return f.template operator()<double>();
  }
  fail(name, ": expected the type of the elements, 8, 9, 11, 12, 13 or 14, in byte 2, got ",
       int{code});
}

/// The number whose bytes begin at `at`, the most significant one first.
template <class T>
T big_endian(const std::byte* at) {
  std::uint64_t bits = 0;
  for (std::size_t i = 0; i < sizeof(T); ++i)
    bits = bits << CHAR_BIT | std::to_integer<std::uint64_t>(at[i]);
  if constexpr (std::is_same_v<T, float>)
    return std::bit_cast<float>(static_cast<std::uint32_t>(bits));
  else if constexpr (std::is_same_v<T, double>)
    return std::bit_cast<double>(bits);
  else
    return static_cast<T>(bits);
}

/// x as a U. \throws Error if no U is the same number, but for rounding
template <class U, class T>
U cast(T x, std::int64_t element, const std::string& name) {
  if constexpr (std::is_floating_point_v<T> && std::is_same_v<U, std::int64_t>)
    check(T(-0x1p63) <= x && x < T(0x1p63) && x == std::trunc(x), name, ": element ", element,
          ": expected a whole number within the range of int64, got ", x);
  if constexpr (std::is_same_v<T, double> && std::is_same_v<U, float>)
    check(!std::isfinite(x) || std::abs(x) <= std::numeric_limits<float>::max(), name, ": element ",
          element, ": expected a number within the range of float32, got ", x);
  return static_cast<U>(x);
}

/// The elements after the header: `from` holds shape's number of them.
template <class T>
Tensor convert(const std::byte* from, const Shape& shape, const IdxOptions& options,
               const std::string& name = "read_idx") {
  Tensor out(shape, options.dtype.value_or(dtype_of<T>()));
  check(options.divisor == 1 || out.is_floating_point(), name,
        ": only floating-point numbers can be divided by ", options.divisor, ", got dtype ",
        out.dtype());
  dispatch(out.dtype(), [&]<class U>() {
    const auto divisor = static_cast<U>(options.divisor);
    U* to = out.data_ptr<U>();
    for (std::int64_t i = 0, n = out.numel(); i < n; ++i) {
      to[i] = cast<U>(big_endian<T>(from + i * sizeof(T)), i, name);
      if constexpr (std::is_floating_point_v<U>) to[i] /= divisor;
    }
  });
  return out;
}

}  // namespace

/// \exercise{5.5} The first four bytes: 0, 0, the type of the elements, the number of axes. Then 4
/// bytes with the length of each axis, read by big_endian<std::uint32_t>(). Then the elements;
/// dispatch_idx() gives you their type T, so that you know how many bytes they must be, and
/// convert<T>() makes the tensor. Compare the size of the file with what must be there *before* you
/// read, and before you make a tensor: a file may lie. numel() throws if the product of the lengths
/// is too large to count, and that times the size of an element may be, too. Nothing may follow the
/// elements.
Tensor parse_idx(std::span<const std::byte> file, const std::string& name,
                 const IdxOptions& options) {
  throw NotImplemented("5.5");
}

Tensor read_idx(const std::filesystem::path& path, const IdxOptions& options) {
  return read_into_memory(
      path, [&] { return parse_idx(read_file(path), printable_path(path), options); });
}

}  // namespace kindling::data
