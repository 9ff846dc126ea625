#include <algorithm>
#include <cmath>
#include <functional>

#include "kindling/ops.h"
#include "kindling/primitives.h"

/// Changes in place. Autograd does not record them: where one would be lost, it is refused.
namespace kindling {
namespace {

void check_in_place(const char* operation, const Tensor& self, const Tensor& other = {}) {
  if (grad_enabled()) {
    check(!self.requires_grad() || !self.is_leaf(), operation,
          ": a leaf that requires grad is being used in an in-place operation; change it under a "
          "NoGrad guard, as optimisers do");
    const bool carries_on = self.is_floating_point() && other.defined() && other.requires_grad();
    check(!self.requires_grad() && !carries_on, operation,
          ": in-place changes are not recorded by autograd; write x = x + y, or use a NoGrad guard "
          "if no gradient is wanted");
  }
  check(!has_internal_overlap(self.layout()), operation,
        ": more than one element of the tensor refers to a single memory location (shape ",
        self.shape(), ", strides ", self.strides(), "); clone() it first");
}

/// Whether changing an element of x may change one of y: they lie in memory that both reach, which
/// two tensors over a caller's array can do with a Storage each.
bool may_overlap(const Tensor& x, const Tensor& y) {
  const auto end = [](const Storage& s) { return s.data() + s.bytes(); };
  return x.device() == y.device() && std::less{}(x.storage().data(), end(y.storage())) &&
         std::less{}(y.storage().data(), end(x.storage()));
}

/// Runs `write(target)` on a row-major tensor of self's elements, and brings them back if that had
/// to be a copy.
template <class Write>
Tensor& change(Tensor& self, Write write) {
  if (self.is_contiguous()) {
    write(self);
  } else {
    Tensor dense = primitive::copy(self);
    write(dense);
    backend(self.device()).copy(dense, self);
  }
  self.storage().bump_version();
  return self;
}

void check_result_fits(const char* operation, const Tensor& self, DType result) {
  const bool fits =
      is_floating_point(self.dtype()) || (!is_floating_point(result) && result <= self.dtype());
  check(fits, operation, ": result type ", result, " can't be cast to the desired output type ",
        self.dtype());
}

Tensor& map_in_place(const char* operation, const Unary& f, Tensor& self) {
  check_in_place(operation, self);
  return change(self, [&](Tensor& target) { backend(self.device()).map(f, target, target); });
}

/// The number is used as one of that dtype.
void check_fits(const char* operation, const char* name, double number, DType dtype) {
  check(dispatch(dtype, [&]<class T>() { return Scalar(number).fits<T>(); }), operation, ": ", name,
        "=", number, " cannot be converted to type ", dtype, " without overflow");
}

void check_floating(const char* operation, const Tensor& self) {
  check(self.is_floating_point(), operation, ": expected a floating-point tensor, got ",
        self.dtype());
}

}  // namespace

Tensor& primitive::zip_(const char* operation, const Binary& f, Tensor& self, const Tensor& other) {
  check_in_place(operation, self, other);
  check_same_device(self, other);
  check_result_fits(operation, self, result_type(self, other));
  check(broadcast_shapes(self.shape(), other.shape()) == self.shape(), operation,
        ": output with shape ", self.shape(), " doesn't match the broadcast shape ",
        broadcast_shapes(self.shape(), other.shape()));
  // Rounded once; truth values are computed as integers.
  if (const DType wider = std::max(result_type(self, other), int64); wider > self.dtype()) {
    const Tensor result = zip(f, cast(self.detach(), wider), cast(other, wider));
    backend(self.device()).copy(result, self);
    self.storage().bump_version();
    return self;
  }
  Tensor right = expand(cast(other, self.dtype()), self.shape());
  const bool same_elements =  // then reading comes before writing, element by element
      right.storage() == self.storage() && right.layout() == self.layout();
  if (may_overlap(self, right) && !same_elements) right = copy(right);
  return change(self,
                [&](Tensor& target) { backend(self.device()).zip(f, target, right, target); });
}

using namespace functors;
using primitive::zip_;

Tensor& Tensor::add_(const Tensor& other, double alpha) {
  if (alpha == 1) return zip_("add_", Add{}, *this, other);
  if (alpha == -1 && dtype() != bool_) return zip_("add_", Sub{}, *this, other);
  if (is_floating_point()) {
    check_fits("add_", "alpha", alpha, dtype());
    return zip_("add_", Axpby{1, alpha}, *this, other);
  }
  check_in_place("add_", *this, other);
  check(alpha == std::trunc(alpha) && std::abs(alpha) < 0x1p63,
        "add_: for integral tensors, alpha must be a whole number, got ", alpha);
  const Tensor scaled = other * static_cast<std::int64_t>(alpha);
  const bool of_bools = dtype() == bool_ && other.dtype() == bool_;
  return zip_("add_", Add{}, *this, of_bools ? scaled.to(bool_) : scaled);
}
Tensor& Tensor::sub_(const Tensor& other) {
  check(dtype() != bool_ && other.dtype() != bool_,
        "sub_: subtraction with a bool tensor is not supported: use logical_xor() or "
        "logical_not()");
  return add_(other, -1);
}
Tensor& Tensor::mul_(const Tensor& other) { return zip_("mul_", Mul{}, *this, other); }
Tensor& Tensor::div_(const Tensor& other) {
  check_floating("div_", *this);
  return zip_("div_", Div{}, *this, other);
}
Tensor& Tensor::add_(Scalar k) {
  if (!is_floating_point()) return zip_("add_", Add{}, *this, full({}, k, k.dtype(), device()));
  return map_in_place("add_", WithRight<Add>{k.to<double>()}, *this);
}
Tensor& Tensor::mul_(Scalar k) {
  if (!is_floating_point()) return zip_("mul_", Mul{}, *this, full({}, k, k.dtype(), device()));
  return map_in_place("mul_", WithRight<Mul>{k.to<double>()}, *this);
}
Tensor& Tensor::div_(Scalar k) {
  check_floating("div_", *this);
  return map_in_place("div_", WithRight<Div>{k.to<double>()}, *this);
}
Tensor& Tensor::clamp_(Scalar min, Scalar max) {
  check_in_place("clamp_", *this);
  check_result_fits("clamp_", *this, std::max(result_type(*this, min), result_type(*this, max)));
  if (!is_floating_point()) return copy_(clamp(*this, min, max));
  const double low = min.to<double>(), high = max.to<double>();
  check(low == low && high == high, "clamp_: expected bounds that are numbers, got ", low, " and ",
        high);
  check_fits("clamp_", "min", low, dtype());
  check_fits("clamp_", "max", high, dtype());
  return map_in_place("clamp_", Clamp{low, high}, *this);
}

Tensor& Tensor::fill_(Scalar value) {
  check_in_place("fill_", *this);
  backend(device()).fill(*this, value);
  storage().bump_version();
  return *this;
}

Tensor& Tensor::copy_(const Tensor& source) {
  check_in_place("copy_", *this, source);
  check(broadcast_shapes(shape(), source.shape()) == shape(), "copy_: the source's shape ",
        source.shape(), " cannot be broadcast to ", shape());
  Tensor from = primitive::expand(source, shape());
  if (may_overlap(*this, from)) from = primitive::copy(from);
  backend(device()).copy(from.to(device()), *this);
  storage().bump_version();
  return *this;
}

// Random numbers ----------------------------------------------------------------------------------

/// Calls fill(backend) after the checks that every filling needs.
template <class Fill>
static Tensor& fill_randomly(const char* operation, Tensor& self, Fill fill) {
  check_in_place(operation, self);
  fill(backend(self.device()));
  self.storage().bump_version();
  return self;
}

Tensor& Tensor::uniform_(double from, double to, Generator& generator) {
  check_floating("uniform_", *this);
  check(std::isfinite(to - from), "uniform_ expects a finite range, but found from=", from,
        " and to=", to);
  check(from <= to, "uniform_ expects to return a [from, to) range, but found from=", from,
        " > to=", to);
  check_fits("uniform_", "from", from, dtype());
  check_fits("uniform_", "to", to, dtype());
  check_fits("uniform_", "to - from", to - from, dtype());
  return fill_randomly("uniform_", *this,
                       [&](Backend& on) { on.uniform(*this, from, to, generator); });
}
Tensor& Tensor::normal_(double mean, double std, Generator& generator) {
  check_floating("normal_", *this);
  check(std >= 0, "normal_ expects std >= 0, but found std ", std);
  check_fits("normal_", "mean", mean, dtype());
  check_fits("normal_", "std", std, dtype());
  return fill_randomly("normal_", *this,
                       [&](Backend& on) { on.normal(*this, mean, std, generator); });
}
Tensor& Tensor::bernoulli_(double p, Generator& generator) {
  check(0 <= p && p <= 1, "bernoulli_ expects p to be in [0, 1], but got p=", p);
  return fill_randomly("bernoulli_", *this,
                       [&](Backend& on) { on.bernoulli(*this, p, generator); });
}
Tensor& Tensor::random_(std::int64_t low, std::int64_t high, Generator& generator) {
  check(dtype() == int64, "random_: expected an int64 tensor, got ", dtype());
  check(low < high, "random_ expects 'from' to be less than 'to', but got from=", low,
        " >= to=", high);
  return fill_randomly("random_", *this,
                       [&](Backend& on) { on.random(*this, low, high, generator); });
}

}  // namespace kindling
