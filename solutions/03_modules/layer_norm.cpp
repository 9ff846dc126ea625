#include "fused/layer_norm.h"

#include <cmath>

#include "axes.h"
#include "cpu/parallel.h"
#include "kindling/nn.h"
#include "kindling/ops.h"
#include "kindling/primitives.h"

/// Numbers that grow or fade from layer to layer are brought back to one scale, each example by
/// itself.
namespace kindling {

/// With x̂ = (x − mean) rstd and g = dy weight, for each row:  dx = rstd (g − mean g − x̂ mean(g x̂)),
/// and over all rows  dweight = Σ dy x̂,  dbias = Σ dy. All are [rows, n], mean and rstd [rows].
static Tensors rows_backward(const Tensor& dy, const Tensor& x, const Tensor& weight,
                             const Tensor& of_mean, const Tensor& of_rstd) {
  const std::int64_t n = x.size(1);
  const Tensor dx = empty_like(x), dw = empty({n}, x.dtype(), x.device()), db = empty_like(dw);
  if (const auto kernel = layer_norm_rows_backward.on(x.device()); kernel && x.numel() > 0) {
    kernel(dy, x, primitive::contiguous(weight), of_mean, of_rstd, dx, dw, db);
    return {dx, dw, db};
  }
  const Tensor rstd = of_rstd.unsqueeze(1);
  const Tensor normal = (x - of_mean.unsqueeze(1)) * rstd, g = dy * weight;
  return {rstd * (g - mean(g, 1, true) - normal * mean(g * normal, 1, true)), sum(dy * normal, 0),
          sum(dy, 0)};
}

/// y = (x − mean) rstd weight + bias, by the rule for rows
static Tensors layer_norm_backward(const Tensor& grad, const Saved& x, const Saved& weight,
                                   const Saved& of_mean, const Saved& of_rstd, const Shape& row) {
  const std::int64_t n = numel(row);
  Tensors of_rows =
      rows_backward(rows_of(grad, n), rows_of(*x, n), weight->reshape({n}), *of_mean, *of_rstd);
  return {of_rows[0].view(x->shape()), of_rows[1].view(row), of_rows[2].view(row)};
}

/// f(0) + f(1) + … + f(n − 1), by sums that do not wait for each other.
template <class T, class F>
static T sum_of(std::int64_t n, F f) {
  constexpr std::int64_t lanes = 16;
  T sums[lanes] = {};
  std::int64_t i = 0;
  for (; i + lanes <= n; i += lanes)
    for (std::int64_t lane = 0; lane < lanes; ++lane) sums[lane] += f(i + lane);
  for (; i < n; ++i) sums[i % lanes] += f(i);
  T sum = 0;
  for (const T each : sums) sum += each;
  return sum;
}

/// All rows in one pass each.
static void layer_norm_rows_on_cpu(const Tensor& rows, const Tensor& weight, const Tensor& bias,
                                   double eps, const Tensor& out, const Tensor& of_mean,
                                   const Tensor& of_rstd) {
  const std::int64_t n = rows.size(1);
  dispatch(rows.dtype(), [&]<class T>() {
    if constexpr (std::is_floating_point_v<T>) {
      const T *w = weight.data_ptr<T>(), *b = bias.data_ptr<T>();
      const auto normalize = [&](std::int64_t row) {
        const T* x = rows.data_ptr<T>() + row * n;
        T* y = out.data_ptr<T>() + row * n;
        const T mean = sum_of<T>(n, [x](std::int64_t i) { return x[i]; }) / static_cast<T>(n);
        const T squares =
            sum_of<T>(n, [x, mean](std::int64_t i) { return (x[i] - mean) * (x[i] - mean); });
        const T rstd = 1 / std::sqrt(squares / static_cast<T>(n) + static_cast<T>(eps));
        for (std::int64_t i = 0; i < n; ++i) y[i] = (x[i] - mean) * rstd * w[i] + b[i];
        of_mean.data_ptr<T>()[row] = mean;
        of_rstd.data_ptr<T>()[row] = rstd;
      };
      parallel_for(rows.size(0), parallel_grain / std::max<std::int64_t>(n, 1) + 1,
                   [&](std::int64_t begin, std::int64_t end) {
                     for (std::int64_t row = begin; row < end; ++row) normalize(row);
                   });
    }
  });
}

[[maybe_unused]] static const bool is_there =
    layer_norm_rows.provide(Device::Type::cpu, layer_norm_rows_on_cpu);

/// The weight or bias that was given, or what does nothing in its place.
static Tensor given_or(const Tensor& given, const char* name, double neutral, const Tensor& x,
                       const Shape& row) {
  if (!given.defined()) return full(row, neutral, x.dtype(), x.device());
  primitive::check_same_device(given, x);
  check(given.shape() == row && given.dtype() == x.dtype(), "layer_norm: expected a ", name,
        " of shape ", row, " and dtype ", x.dtype(), ", got ", given.shape(), " and ",
        given.dtype());
  return given;
}

Tensor layer_norm(const Tensor& x, const Shape& row, const Tensor& weight, const Tensor& bias,
                  double eps) {
  check(x.is_floating_point(), "layer_norm: expected a floating-point tensor, got ", x.dtype());
  check(!row.empty(), "layer_norm: expected normalized_shape to have at least one axis");
  check(
      x.shape().size() >= row.size() && Shape(x.shape().end() - row.size(), x.shape().end()) == row,
      "layer_norm: given normalized_shape=", row,
      ", expected an input whose last axes are those, got ", x.shape());
  const Tensor w = given_or(weight, "weight", 1, x, row), b = given_or(bias, "bias", 0, x, row);
  const std::int64_t n = numel(row);
  Tensor y, of_mean, of_rstd;
  {
    NoGrad guard;
    const Tensor rows = rows_of(x, n);
    of_mean = empty({rows.size(0)}, x.dtype(), x.device());
    of_rstd = empty_like(of_mean);
    y = empty_like(rows);
    const Tensor flat_w = primitive::contiguous(w).view({n}),
                 flat_b = primitive::contiguous(b).view({n});
    if (const auto kernel = layer_norm_rows.on(x.device()); kernel && x.numel() > 0) {
      kernel(rows, flat_w, flat_b, eps, y, of_mean, of_rstd);
    } else {
      of_mean = mean(rows, 1);
      const Tensor deviation = rows - of_mean.unsqueeze(1);
      of_rstd = rsqrt(mean(deviation * deviation, 1) + eps);
      y = deviation * of_rstd.unsqueeze(1) * flat_w + flat_b;
    }
    y = y.view(x.shape());
  }
  return record(y, "NativeLayerNormBackward0", {x, w, b}, layer_norm_backward, x, w, of_mean,
                of_rstd, row);
}

namespace nn {

static Shape checked_row(const Shape& row) {
  check(!row.empty(), "LayerNorm: expected normalized_shape to have at least one axis");
  return row;
}

LayerNorm::LayerNorm(const Shape& normalized_shape, double eps, bool elementwise_affine)
    : weight(
          parameter("weight", elementwise_affine ? ones(checked_row(normalized_shape)) : Tensor())),
      bias(parameter("bias", elementwise_affine ? zeros(normalized_shape) : Tensor())),
      normalized_shape_(checked_row(normalized_shape)),
      eps_(eps) {}

Tensor LayerNorm::forward(const Tensor& x) {
  return layer_norm(x, normalized_shape_, weight, bias, eps_);
}

/// As Python prints a tuple: (3,) or (2, 3).
std::string LayerNorm::extra_repr() const {
  std::string shape;
  for (const std::int64_t length : normalized_shape_)
    shape += (shape.empty() ? "" : ", ") + std::to_string(length);
  if (normalized_shape_.size() == 1) shape += ",";
  return "(" + shape + "), eps=" + repr(eps_) +
         ", elementwise_affine=" + (weight.defined() ? "True" : "False");
}

}  // namespace nn
}  // namespace kindling
