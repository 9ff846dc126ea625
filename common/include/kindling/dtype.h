#pragma once
#include <cstdint>
#include <ostream>
#include <type_traits>
#include <utility>

#include "kindling/check.h"

/// The types of elements. Threads: these are values; every function may be called from any thread.
namespace kindling {

/// The type of a tensor's elements, from weakest to strongest: an operation on two types computes
/// in the later one.
enum class DType : std::uint8_t { bool_, int64, float32, float64 };
inline constexpr DType bool_ = DType::bool_;
inline constexpr DType int64 = DType::int64;
inline constexpr DType float32 = DType::float32;
inline constexpr DType float64 = DType::float64;
std::ostream& operator<<(std::ostream&, DType);

/// Calls `f.operator()<T>()` with the C++ type that `dtype` stands for.
template <class F>
decltype(auto) dispatch(DType dtype, F&& f) {
  switch (dtype) {
    case DType::bool_:
      return f.template operator()<bool>();
    case DType::int64:
      return f.template operator()<std::int64_t>();
    case DType::float32:
      return f.template operator()<float>();
    case DType::float64:
      return f.template operator()<double>();
  }
  __builtin_unreachable();
}

/// The DType of a C++ type: every integer is stored as int64.
template <class T>
constexpr DType dtype_of() {
  if constexpr (std::is_same_v<T, bool>)
    return DType::bool_;
  else if constexpr (std::is_integral_v<T>)
    return DType::int64;
  else if constexpr (std::is_same_v<T, float>)
    return DType::float32;
  else {
    static_assert(std::is_same_v<T, double>, "no tensor holds elements of this type");
    return DType::float64;
  }
}

std::int64_t size_of(DType);  ///< bytes of one element
constexpr bool is_floating_point(DType t) { return t >= DType::float32; }

/// A single number that remembers whether it was written as a bool, an integer or a floating-point
/// number.
class Scalar {
 public:
  template <class T>
  requires std::is_arithmetic_v<T> Scalar(
      T value) {  // NOLINT: implicit on purpose, so that x + 1 works
    if constexpr (std::is_floating_point_v<T>) {
      kind_ = Kind::floating;
      floating_ = value;
    } else {
      kind_ = std::is_same_v<T, bool> ? Kind::boolean : Kind::integer;
      integer_ = static_cast<std::int64_t>(value);
    }
  }
  /// Converted as by C++. \throws Error if T is a type of integers, and too small for it
  template <class T>
  T to() const {
    if constexpr (std::is_integral_v<T> && !std::is_same_v<T, bool>) {
      constexpr double bound = sizeof(T) == 8 ? 0x1p63 : 0x1p31;
      static_assert(std::is_signed_v<T> && sizeof(T) >= 4);
      if (kind_ == Kind::floating)
        check(-bound <= floating_ && floating_ < bound, "expected an integer of ", 8 * sizeof(T),
              " bits, got ", floating_);
      else
        check(std::in_range<T>(integer_), "expected an integer of ", 8 * sizeof(T), " bits, got ",
              integer_);
    }
    return kind_ == Kind::floating ? static_cast<T>(floating_) : static_cast<T>(integer_);
  }
  bool is_floating_point() const { return kind_ == Kind::floating; }
  bool is_bool() const { return kind_ == Kind::boolean; }
  /// The type of a tensor made from this number alone: floating-point numbers give float32,
  /// PyTorch's default.
  DType dtype() const {
    if (is_floating_point()) return DType::float32;
    return is_bool() ? DType::bool_ : DType::int64;
  }

 private:
  enum class Kind : std::uint8_t { boolean, integer, floating };
  Kind kind_;
  union {
    std::int64_t integer_;
    double floating_;
  };
};

}  // namespace kindling
