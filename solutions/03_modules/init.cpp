#include "kindling/init.h"

#include <algorithm>
#include <cmath>

#include "kindling/autograd.h"

/// If a layer's weights are too small, signals fade from layer to layer; if too large, they
/// explode. The scale that keeps them depends on how many numbers flow into each sum (the fan), and
/// on what the nonlinearity takes away (the gain).
namespace kindling::nn::init {

Tensor uniform_(Tensor t, double a, double b, Generator& generator) {
  NoGrad guard;
  return t.uniform_(a, b, generator);
}
Tensor normal_(Tensor t, double mean, double std, Generator& generator) {
  NoGrad guard;
  return t.normal_(mean, std, generator);
}
Tensor constant_(Tensor t, double value) {
  NoGrad guard;
  return t.fill_(value);
}
Tensor zeros_(Tensor t) { return constant_(std::move(t), 0); }
Tensor ones_(Tensor t) { return constant_(std::move(t), 1); }

Tensor eye_(Tensor t) {
  check(t.dim() == 2, "eye_: only tensors with 2 dimensions are supported, got shape ", t.shape());
  zeros_(t);
  const Layout diagonal({std::min(t.size(0), t.size(1))}, {t.strides()[0] + t.strides()[1]},
                        t.storage_offset());
  ones_(Tensor(t.storage(), diagonal, t.dtype()));
  return t;
}

double calculate_gain(Nonlinearity nonlinearity, double slope) {
  switch (nonlinearity) {
    case Nonlinearity::linear:
    case Nonlinearity::sigmoid:
      return 1;
    case Nonlinearity::tanh:
      return 5.0 / 3;
    case Nonlinearity::relu:
      return std::sqrt(2.0);
    case Nonlinearity::leaky_relu:
      return std::sqrt(2.0 / (1 + slope * slope));
    case Nonlinearity::selu:
      return 3.0 / 4;
  }
  __builtin_unreachable();
}

namespace {

struct Fans {
  double in, out;
};

Fans fans_of(const char* operation, const Tensor& t) {
  check(t.dim() >= 2, operation,
        ": fan in and fan out can not be computed for a tensor with fewer than 2 dimensions, got "
        "shape ",
        t.shape());
  double receptive_field = 1;  // of a convolution: how many places each weight's neighbours look at
  for (std::int64_t axis = 2; axis < t.dim(); ++axis)
    receptive_field *= static_cast<double>(t.size(axis));
  return {static_cast<double>(t.size(1)) * receptive_field,
          static_cast<double>(t.size(0)) * receptive_field};
}

double xavier_std(const char* operation, const Tensor& t, double gain) {
  const Fans fans = fans_of(operation, t);
  return gain * std::sqrt(2.0 / (fans.in + fans.out));
}

double kaiming_std(const char* operation, const Tensor& t, const KaimingOptions& options) {
  const Fans fans = fans_of(operation, t);
  const double fan = options.mode == Fan::fan_in ? fans.in : fans.out;
  return calculate_gain(options.nonlinearity, options.a) / std::sqrt(fan);
}

}  // namespace

// A uniform distribution over ±bound has the standard deviation bound / √3. A tensor without
// elements has no fan to divide by.

Tensor xavier_uniform_(Tensor t, double gain, Generator& generator) {
  const double bound = std::sqrt(3.0) * xavier_std("xavier_uniform_", t, gain);
  return t.numel() == 0 ? t : uniform_(t, -bound, bound, generator);
}

Tensor xavier_normal_(Tensor t, double gain, Generator& generator) {
  const double std = xavier_std("xavier_normal_", t, gain);
  return t.numel() == 0 ? t : normal_(t, 0, std, generator);
}

Tensor kaiming_uniform_(Tensor t, const KaimingOptions& options, Generator& generator) {
  const double bound = std::sqrt(3.0) * kaiming_std("kaiming_uniform_", t, options);
  return t.numel() == 0 ? t : uniform_(t, -bound, bound, generator);
}

Tensor kaiming_normal_(Tensor t, const KaimingOptions& options, Generator& generator) {
  const double std = kaiming_std("kaiming_normal_", t, options);
  return t.numel() == 0 ? t : normal_(t, 0, std, generator);
}

}  // namespace kindling::nn::init
