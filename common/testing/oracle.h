#pragma once
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "kindling/tensor.h"
#include "testing/closeness.h"

/// What tests need to compare Kindling with the numbers that PyTorch computed
/// (tests/oracle/README.md).
namespace kindling::testing {

using Json = nlohmann::json;

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

/// A doctest CHECK that difference() finds none; `what` names the case in the message.
void check_close(const std::string& what, const Tensor& got, const Tensor& expected,
                 Tolerance tolerance);
/// With the tolerance of the expected dtype.
void check_close(const std::string& what, const Tensor& got, const Tensor& expected);

}  // namespace kindling::testing
