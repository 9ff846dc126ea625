#include "testing/oracle.h"

#include <doctest/doctest.h>

#include <fstream>
#include <limits>
#include <map>
#include <sstream>
#include <type_traits>

#include "kindling/autograd.h"

namespace kindling::testing {

const Json& load_oracle(const char* name) {
  static std::map<std::string, Json> loaded;
  if (const auto found = loaded.find(name); found != loaded.end()) return found->second;
  const std::string path = std::string(KINDLING_SOURCE_DIR "/tests/oracle/") + name + ".json";
  std::ifstream file(path);
  check(file.good(), "cannot open ", path);
  return loaded.emplace(name, Json::parse(file)).first->second;
}

DType to_dtype(std::string_view name) {
  for (const DType dtype : {bool_, int64, float32, float64}) {
    std::ostringstream own_name;
    own_name << dtype;
    if (own_name.str() == name) return dtype;
  }
  fail("the oracle has a dtype that Kindling has not: ", name);
}

Shape to_shape(const Json& lengths) {
  Shape shape;
  if (lengths.is_number()) return {lengths.get<std::int64_t>()};
  for (const Json& length : lengths) shape.push_back(length.get<std::int64_t>());
  return shape;
}

template <class T>
T to_number(const Json& number) {
  if (!number.is_string()) return number.get<T>();
  if constexpr (std::is_floating_point_v<T>) {
    const auto& text = number.get_ref<const std::string&>();
    if (text == "nan") return std::numeric_limits<T>::quiet_NaN();
    if (text == "inf") return std::numeric_limits<T>::infinity();
    if (text == "-inf") return -std::numeric_limits<T>::infinity();
  }
  fail("the oracle has a number that Kindling cannot read: ", number.dump());
}

template bool to_number(const Json&);
template std::int64_t to_number(const Json&);
template float to_number(const Json&);
template double to_number(const Json&);

Tensor to_tensor(const Json& flat, const Shape& shape, DType dtype) {
  check(numel(shape) == std::ssize(flat), "the oracle has ", flat.size(), " numbers for shape ",
        shape);
  Tensor out(shape, dtype);
  dispatch(dtype, [&]<class T>() {
    T* next = out.data_ptr<T>();
    for (const Json& number : flat) *next++ = to_number<T>(number);
  });
  return out.to(test_device());
}

Tensor to_tensor(const Json& described) {
  const Tensor dense = to_tensor(described.at("data"), to_shape(described.at("shape")),
                                 to_dtype(described.at("dtype").get<std::string>()));
  if (!described.value("strided", false)) return dense;
  return dense.transpose(-2, -1).clone().transpose(-2, -1);
}

void check_close(const std::string& what, const Tensor& got, const Tensor& expected,
                 Tolerance tolerance) {
  const std::string differs = difference(got, expected, tolerance);
  CHECK_MESSAGE(differs.empty(), what, ": ", differs);
}

void check_close(const std::string& what, const Tensor& got, const Tensor& expected) {
  check_close(what, got, expected, tolerance_for(expected.dtype()));
}

}  // namespace kindling::testing
