#pragma once
#include <cmath>
#include <concepts>
#include <cstdint>
#include <limits>
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

/// The C++ types that tensors store, one for each DType.
template <class T>
concept Element = std::same_as<T, bool> || std::same_as<T, std::int64_t> ||
    std::same_as<T, float> || std::same_as<T, double>;
/// Those, and int, which is stored as an int64.
template <class T>
concept Number = Element<T> || std::same_as<T, int>;

/// The DType in which numbers of a C++ type are stored: every integer as an int64.
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
/// number. It is an int64 or a double, and never changes to fit: what a type cannot hold is
/// refused.
class Scalar {
 public:
  /// \throws Error if an integer is larger than an int64 can be
  template <class T>
  requires std::is_arithmetic_v<T> Scalar(
      T value) {  // NOLINT: implicit on purpose, so that x + 1 works
    if constexpr (std::is_floating_point_v<T>) {
      kind_ = Kind::floating;
      floating_ = static_cast<double>(value);
    } else {
      if constexpr (std::is_unsigned_v<T> && sizeof(T) == sizeof(std::int64_t))
        check(value <= static_cast<T>(std::numeric_limits<std::int64_t>::max()), "value ", value,
              " cannot be converted to type int64 without overflow");
      kind_ = std::is_same_v<T, bool> ? Kind::boolean : Kind::integer;
      integer_ = static_cast<std::int64_t>(value);
    }
  }
  /// Whether a T can hold it. Fractions may be cut off, and digits rounded; infinity and NaN fit
  /// floating-point types only; a bool holds whether it is 0.
  template <class T>
  bool fits() const {
    if constexpr (std::is_same_v<T, bool>) {
      return true;
    } else if constexpr (std::is_integral_v<T>) {
      if (kind_ != Kind::floating) return std::in_range<T>(integer_);
      using Limits = std::numeric_limits<T>;
      // The largest int64 is no double; the number after it, a power of 2, is one.
      constexpr double end = 2 * static_cast<double>(Limits::max() / 2 + 1);
      const double whole = std::trunc(floating_);
      return static_cast<double>(Limits::min()) <= whole && whole < end;
    } else {
      return kind_ != Kind::floating || !std::isfinite(floating_) ||
             std::isfinite(static_cast<T>(floating_));
    }
  }
  /// Converted as by C++. \throws Error in PyTorch's words if a T cannot hold it
  template <class T>
  T to() const {
    static_assert(std::is_arithmetic_v<T>, "a number converts to types of numbers only");
    if (!fits<T>()) [[unlikely]] {
      if constexpr (Element<T>)
        fail("value ", *this, " cannot be converted to type ", dtype_of<T>(), " without overflow");
      else
        fail("value ", *this, " cannot be converted to an ",
             std::is_signed_v<T> ? "integer" : "unsigned integer", " of ", 8 * sizeof(T),
             " bits without overflow");
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
  friend std::ostream& operator<<(std::ostream& out, const Scalar& x) {
    if (x.is_floating_point()) return out << x.floating_;
    return x.is_bool() ? out << (x.integer_ != 0) : out << x.integer_;
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
