#pragma once
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "kindling/tensor.h"

/// What tests need to compare Kindling with the numbers that PyTorch computed
/// (tests/oracle/README.md).
namespace kindling::testing {

using Json = nlohmann::json;

/// Where the tensors of this header are made: the CPU, unless $KINDLING_TEST_DEVICE is "cuda" or a
/// TestDevice says otherwise. So a test runs on another device without a change.
Device test_device();

/// Another test_device() while it lives.
class TestDevice {
 public:
  explicit TestDevice(Device device);
  ~TestDevice();
  TestDevice(const TestDevice&) = delete;
  TestDevice& operator=(const TestDevice&) = delete;

 private:
  Device before_;
};

/// load_oracle("ops") reads tests/oracle/ops.json.
const Json& load_oracle(const char* name);

DType to_dtype(std::string_view name);  ///< "float32" → float32
Shape to_shape(const Json& lengths);    ///< [2, 3], or a number for one axis
/// A float, double, int64 or bool, where "nan", "inf" and "-inf" stand for themselves.
template <class T>
T to_number(const Json& number);
/// {"shape", "dtype", "data"}; with "strided": true a transposed view of its own row-major
/// transpose, so that its strides are not those of a fresh tensor.
Tensor to_tensor(const Json& described);
/// A flat list of numbers.
Tensor to_tensor(const Json& flat, const Shape& shape, DType dtype);

/// Numbers agree if |got − expected| ≤ atol + rtol · |expected|.
struct Tolerance {
  double rtol = 0;
  double atol = 0;
};
inline constexpr Tolerance exact{};
/// What two correct implementations may differ by, having rounded in another order: 1e-6 in
/// float32, 1e-12 in float64, nothing in int64 and bool; four times as much where one of them is a
/// GPU, whose functions are exact to a few units in the last place, and not to half of one.
Tolerance tolerance_for(DType);

/// Nothing if the tensors agree in shape, dtype and elements, else what differs first: "element [0,
/// 2]: expected 1.5, got 1.25". A NaN equals a NaN, zeros of both signs are equal.
std::string difference(const Tensor& got, const Tensor& expected, Tolerance tolerance);
/// The index of that element; nothing if none differs, or if it is the shape or the dtype that
/// does.
std::optional<Shape> differing_element(const Tensor& got, const Tensor& expected,
                                       Tolerance tolerance);

/// A doctest CHECK that difference() finds none; `what` names the case in the message.
void check_close(const std::string& what, const Tensor& got, const Tensor& expected,
                 Tolerance tolerance);
/// With the tolerance of the expected dtype.
void check_close(const std::string& what, const Tensor& got, const Tensor& expected);

}  // namespace kindling::testing
