#include "testing/closeness.h"

#include <charconv>
#include <cmath>
#include <cstdlib>
#include <sstream>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace kindling::testing {

static Device& device_of_tests() {
  static Device device = [] {
    const char* name = std::getenv("KINDLING_TEST_DEVICE");
    return name && std::string_view(name) == "cuda" ? cuda_device : cpu;
  }();
  return device;
}
Device test_device() { return device_of_tests(); }
TestDevice::TestDevice(Device device) : before_(std::exchange(device_of_tests(), device)) {}
TestDevice::~TestDevice() { device_of_tests() = before_; }

Tolerance tolerance_for(DType dtype) {
  const double wider = test_device() == cpu ? 1 : 4;
  switch (dtype) {
    case DType::float32:
      return {wider * 1e-6, wider * 1e-7};
    case DType::float64:
      return {wider * 1e-12, wider * 1e-13};
    default:
      return exact;
  }
}

/// The index of the `flat`-th element in row-major order.
static Shape index_of(std::int64_t flat, const Shape& shape) {
  Shape index(shape.size());
  for (std::int64_t axis = std::ssize(shape) - 1; axis >= 0; flat /= shape[axis--])
    index[axis] = flat % shape[axis];
  return index;
}

/// As short as tells it from its neighbours: 0.9277, not 0.9276999831199646.
template <class T>
static std::string shortest(T number) {
  if constexpr (std::is_same_v<T, bool>) {
    return number ? "true" : "false";
  } else {
    if (number != number) return "nan";
    char text[64];
    return {text, std::to_chars(text, text + sizeof text, number).ptr};
  }
}

template <class T>
static bool agree(T got, T expected, Tolerance tolerance) {
  if (got == expected || (got != got && expected != expected)) return true;
  const double distance = std::abs(static_cast<double>(got) - static_cast<double>(expected));
  // Next to an infinity only the infinity itself will do, whatever the tolerance.
  return std::isfinite(static_cast<double>(expected)) &&
         distance <= tolerance.atol + tolerance.rtol * std::abs(static_cast<double>(expected));
}

std::optional<Shape> differing_element(const Tensor& got, const Tensor& expected,
                                       Tolerance tolerance) {
  std::optional<Shape> found;
  if (!got.defined() || got.shape() != expected.shape() || got.dtype() != expected.dtype())
    return found;
  dispatch(expected.dtype(), [&]<class T>() {
    const std::vector<T> g = got.to_vector<T>(), e = expected.to_vector<T>();
    for (std::size_t i = 0; i < e.size() && !found; ++i)
      if (!agree<T>(g[i], e[i], tolerance))
        found = index_of(static_cast<std::int64_t>(i), expected.shape());
  });
  return found;
}

/// The element of that index.
template <class T>
static std::string element_of(Tensor x, const Shape& index) {
  for (const std::int64_t i : index) x = x[i];
  return shortest<T>(x.to_vector<T>().at(0));
}

std::string difference(const Tensor& got, const Tensor& expected, Tolerance tolerance) {
  std::ostringstream text;
  if (!got.defined()) {
    text << "expected a tensor of shape " << expected.shape() << ", got an undefined one";
  } else if (got.shape() != expected.shape()) {
    text << "expected shape " << expected.shape() << ", got " << got.shape();
  } else if (got.dtype() != expected.dtype()) {
    text << "expected dtype " << expected.dtype() << ", got " << got.dtype();
  } else if (const auto index = differing_element(got, expected, tolerance)) {
    dispatch(expected.dtype(), [&]<class T>() {
      text << "element " << *index << ": expected " << element_of<T>(expected, *index) << ", got "
           << element_of<T>(got, *index);
    });
  }
  return text.str();
}

}  // namespace kindling::testing
