#pragma once
#include "kindling/tensor.h"

/// Where weights begin: torch.nn.init. Every function fills the tensor that it is given, parameters
/// included, in place and without recording, and returns it.
///
/// Threads: a function may be called from any thread, while no other uses its tensor or its
/// generator.
namespace kindling::nn::init {

Tensor uniform_(Tensor t, double a = 0, double b = 1, Generator& = default_generator());
Tensor normal_(Tensor t, double mean = 0, double std = 1, Generator& = default_generator());
Tensor constant_(Tensor t, double value);
Tensor zeros_(Tensor t);
Tensor ones_(Tensor t);
/// The identity matrix.
/// \throws Error unless the tensor has two axes
Tensor eye_(Tensor t);

/// The function that follows the weights.
enum class Nonlinearity { linear, sigmoid, tanh, relu, leaky_relu, selu };
/// By how much weights must be larger, for the nonlinearity's sake, to keep the variance of the
/// signal.
/// \param slope of a leaky ReLU for negative numbers
double calculate_gain(Nonlinearity, double slope = 0.01);

// W of shape [out, in, ...] has fan_in = in · (the rest) and fan_out = out · (the rest).

/// Keeps the variance of signals on the way forward and of gradients on the way back, as well as
/// one number can: uniform in ±gain √(6 / (fan_in + fan_out)). Source: Glorot and Bengio (2010).
/// \throws Error if the tensor has fewer than two axes; so do the following
Tensor xavier_uniform_(Tensor t, double gain = 1, Generator& = default_generator());
/// The same, from a normal distribution of standard deviation gain √(2 / (fan_in + fan_out)).
Tensor xavier_normal_(Tensor t, double gain = 1, Generator& = default_generator());

/// Which variance is kept: that of signals (fan_in), or that of gradients (fan_out).
enum class Fan { fan_in, fan_out };
struct KaimingOptions {
  double a = 0;  ///< slope of the leaky ReLU for negative numbers
  Fan mode = Fan::fan_in;
  Nonlinearity nonlinearity = Nonlinearity::leaky_relu;
};
/// Uniform in ±gain √(3 / fan). Source: He, Zhang, Ren and Sun (2015).
Tensor kaiming_uniform_(Tensor t, const KaimingOptions& = {}, Generator& = default_generator());
/// From a normal distribution of standard deviation gain / √fan.
Tensor kaiming_normal_(Tensor t, const KaimingOptions& = {}, Generator& = default_generator());

}  // namespace kindling::nn::init
