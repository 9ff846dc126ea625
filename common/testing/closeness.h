#pragma once
#include <optional>
#include <string>

#include "kindling/tensor.h"

/// How close a tensor must come to what is expected of it, and where it differs.
namespace kindling::testing {

/// Where tests make their tensors: the CPU, unless $KINDLING_TEST_DEVICE is "cuda" or a
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

}  // namespace kindling::testing
