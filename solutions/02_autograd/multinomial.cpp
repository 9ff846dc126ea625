#include <algorithm>
#include <cmath>
#include <limits>

#include "kindling/ops.h"
#include "kindling/primitives.h"

/// Draws in proportion to given numbers, by PyTorch's recipes (ATen/native/Distributions.cpp and
/// cpu/MultinomialKernel.cpp), to the last index.
namespace kindling {

/// Times at which exponential clocks of rate 1 ring: −log(1 − u), in the order of memory.
static Tensor exponential(const Tensor& like, Generator& generator) {
  const Tensor times(like.shape(), like.dtype());
  dispatch(like.dtype(), [&]<class T>() {
    if constexpr (std::is_floating_point_v<T>)
      std::generate_n(times.data_ptr<T>(), times.numel(),
                      [&] { return static_cast<T>(-std::log1p(-generator.uniform<double>())); });
  });
  return times.to(like.device());
}

/// Clocks of rates x race: the first to ring is i with probability x[i] / Σ x, and the next ones
/// are as if drawn from what is left. Their times are those of clocks of rate 1, divided by x.
static Tensor race(const Tensor& x, std::int64_t num_samples, Generator& generator) {
  const Tensor speeds = x / exponential(x, generator);
  if (num_samples == 1) return argmax(speeds, -1, true);
  return topk(speeds, num_samples).indices;
}

/// Where a uniform number falls in the running sums of the row, which end at 1.
template <class T>
static void draw_from_row(const T* x, std::int64_t classes, std::int64_t num_samples,
                          Generator& generator, std::int64_t* samples) {
  std::vector<T> sums(static_cast<std::size_t>(classes));
  T sum = 0;
  for (std::int64_t i = 0; i < classes; ++i) sums[i] = sum += x[i];
  for (T& each : sums) each /= sum;
  sums.back() = 1;
  for (std::int64_t i = 0; i < num_samples; ++i)
    samples[i] = std::ranges::lower_bound(sums, generator.uniform<double>(), {},
                                          [](T x) { return static_cast<double>(x); }) -
                 sums.begin();
}

static Tensor draw_with_replacement(const Tensor& x, std::int64_t num_samples,
                                    Generator& generator) {
  const Tensor here = primitive::contiguous(x.to(cpu));
  const std::int64_t rows = x.size(0), classes = x.size(1);
  const Tensor samples({rows, num_samples}, int64);
  dispatch(x.dtype(), [&]<class T>() {
    if constexpr (std::is_floating_point_v<T>)
      for (std::int64_t row = 0; row < rows; ++row)
        draw_from_row(here.data_ptr<T>() + row * classes, classes, num_samples, generator,
                      samples.data_ptr<std::int64_t>() + row * num_samples);
  });
  return samples.to(x.device());
}

Tensor multinomial(const Tensor& x, std::int64_t num_samples, bool replacement,
                   Generator& generator) {
  NoGrad guard;
  check(x.is_floating_point(), "multinomial: expected floating-point probabilities, got ",
        x.dtype());
  check(x.dim() == 1 || x.dim() == 2,
        "multinomial: expected probabilities of shape [classes] or [rows, classes], got ",
        x.shape());
  check(num_samples > 0, "multinomial: cannot sample n_sample <= 0 samples, got ", num_samples);
  const std::int64_t classes = x.size(-1);
  check(replacement || num_samples <= classes, "multinomial: cannot sample ", num_samples, " of ",
        classes, " classes without replacement");
  check(classes > 0, "multinomial: expected at least one class, got shape ", x.shape());
  const Tensor rows = primitive::contiguous(x.dim() == 1 ? x.unsqueeze(0) : x);
  if (rows.numel() > 0) {
    check(all(logical_and(rows >= 0, isfinite(rows))).item<bool>(),
          "multinomial: probability tensor contains either `inf`, `nan` or element < 0");
    check(all(sum(rows, 1) > 0).item<bool>(),
          "multinomial: invalid multinomial distribution (sum of probabilities <= 0)");
  }
  const Tensor samples = replacement && num_samples > 1
                             ? draw_with_replacement(rows, num_samples, generator)
                             : race(rows, num_samples, generator);
  return x.dim() == 1 ? samples.squeeze(0) : samples;
}

}  // namespace kindling
