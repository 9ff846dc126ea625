/// What judges the exercises of chapter 4.
#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <source_location>
#include <sstream>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "kindling/autograd.h"
#include "kindling/loss.h"
#include "kindling/module.h"
#include "kindling/ops.h"
#include "kindling/optim.h"
#include "kindling/train.h"
#include "testing/beside.h"
#include "testing/expect.h"
#include "testing/oracle.h"

using namespace kindling;
using namespace kindling::testing;

namespace {

const double inf = std::numeric_limits<double>::infinity();
const double not_a_number = std::numeric_limits<double>::quiet_NaN();

/// The same numbers in every run, drawn without the default generator.
Tensor random_doubles(const Shape& shape, std::uint64_t seed = 1) {
  Generator generator(seed);
  return randn(shape, float64, generator);
}

std::string text_of(const Shape& shape) {
  std::ostringstream text;
  text << shape;
  return text.str();
}

/// Seen as [outer, n, inner], with n the length of the axis `dim`; dim 0 of a scalar has length 1.
struct Around {
  std::int64_t outer = 1, n = 1, inner = 1;
  Around(const Shape& shape, std::int64_t dim) {
    for (std::int64_t axis = 0; axis < std::ssize(shape); ++axis)
      (axis < dim ? outer : axis == dim ? n : inner) *= shape[axis];
  }
  std::size_t at(std::int64_t o, std::int64_t i, std::int64_t k) const {
    return static_cast<std::size_t>((o * n + i) * inner + k);
  }
};

/// log(eˣ / Σ eˣ) as the formula says it, for numbers that are not large.
Tensor naive_log_softmax(const Tensor& x, std::int64_t dim) {
  const Around a(x.shape(), dim);
  const std::vector<double> xs = x.to_vector<double>();
  std::vector<double> ys(xs.size());
  for (std::int64_t o = 0; o < a.outer; ++o)
    for (std::int64_t k = 0; k < a.inner; ++k) {
      double total = 0;
      for (std::int64_t i = 0; i < a.n; ++i) total += std::exp(xs[a.at(o, i, k)]);
      for (std::int64_t i = 0; i < a.n; ++i)
        ys[a.at(o, i, k)] = std::log(std::exp(xs[a.at(o, i, k)]) / total);
    }
  return tensor(ys).view(x.shape());
}

Tensor number(double value) { return tensor(value, float64); }

}  // namespace

// 4.1 log_softmax ---------------------------------------------------------------------------------

namespace {

/// What the rule of log_softmax makes of dy.
Tensor log_softmax_dx(const Tensor& x, std::int64_t dim, const Tensor& dy) {
  Tensor leaf = x.detach().clone().requires_grad_();
  log_softmax(leaf, dim).backward(dy);
  return leaf.grad();
}

}  // namespace

TEST_CASE("4.1  the logarithms of the probabilities along an axis") {
  about("log_softmax");
  expect("log_softmax([0, 0], 0), which is -log 2 twice", log_softmax(tensor({0.0, 0.0}), 0),
         tensor({-0.6931, -0.6931}), {0, 5e-5});
  const Tensor x = tensor({1.0, 2.0, 3.0});
  expect("log_softmax([1, 2, 3], 0)", log_softmax(x, 0), tensor({-2.4076, -1.4076, -0.4076}),
         {0, 5e-5});
  expect("x, after log_softmax", x, tensor({1.0, 2.0, 3.0}));
  const Tensor table = tensor({{0.0, 0.0}, {1.0, 2.0}});
  GIVEN(table);
  expect("log_softmax(table, 1), along the rows", log_softmax(table, 1),
         tensor({{-0.6931, -0.6931}, {-1.3133, -0.3133}}), {0, 5e-5});
  expect("log_softmax(table, 0), along the columns", log_softmax(table, 0),
         tensor({{-1.3133, -2.1269}, {-0.3133, -0.1269}}), {0, 5e-5});
}

TEST_CASE("4.1  nothing overflows, and there is no logarithm of 0") {
  about("log_softmax");
  const auto check_row = [](const Tensor& x, const Tensor& expected) {
    GIVEN(x);
    expect("log_softmax(x, 0)", log_softmax(x, 0), expected);
  };
  check_row(tensor({1000.0, 0.0}), tensor({0.0, -1000.0}));
  check_row(tensor({-1000.0, -1001.0}), tensor({-0.31326169, -1.31326169}));
  check_row(tensor({0.0, -inf}), tensor({0.0, -inf}));
  check_row(tensor({1e30, 1e30}), tensor({-0.69314718, -0.69314718}));
  const Tensor far_apart = tensor({{1000.0, 1000.0}, {0.0, 0.0}, {-1000.0, -2000.0}});
  GIVEN(far_apart);
  expect("log_softmax(far_apart, 1)", log_softmax(far_apart, 1),
         tensor({{-0.69314718, -0.69314718}, {-0.69314718, -0.69314718}, {0.0, -1000.0}}));
}

TEST_CASE("4.1  the rule: dx is dy less the probabilities times the sum of dy") {
  about("log_softmax_backward");
  const Tensor x = tensor({0.0, 0.0});
  GIVEN(x);
  expect("dx for dy = [1, 0]", log_softmax_dx(x, 0, tensor({1.0, 0.0})), tensor({0.5, -0.5}));
  expect("dx for dy = [3, 1]", log_softmax_dx(x, 0, tensor({3.0, 1.0})), tensor({1.0, -1.0}));
  const Tensor table = zeros({2, 4});  // probabilities 1/4 along the rows, 1/2 along the columns
  GIVEN(table);
  const Tensor dy = tensor({{4.0, 0.0, 0.0, 0.0}, {0.0, 8.0, 0.0, 0.0}});
  GIVEN(dy);
  expect("dx along axis 1", log_softmax_dx(table, 1, dy),
         tensor({{3.0, -1.0, -1.0, -1.0}, {-2.0, 6.0, -2.0, -2.0}}));
  expect("dx along axis 0", log_softmax_dx(table, 0, dy),
         tensor({{2.0, -4.0, 0.0, 0.0}, {-2.0, 4.0, 0.0, 0.0}}));
  expect("dx along axis -2", log_softmax_dx(table, -2, dy),
         tensor({{2.0, -4.0, 0.0, 0.0}, {-2.0, 4.0, 0.0, 0.0}}));
}

TEST_CASE("4.1  integers, and axes that are not there, are refused") {
  about("log_softmax");
  expect_error(
      "log_softmax(tensor({1, 2}), 0)",
      [] {
        log_softmax(tensor({1, 2}), 0);
      },
      "log_softmax: expected a floating-point tensor, got int64");
  for (const std::int64_t dim : {2, -3})
    expect_error(
        "log_softmax(zeros({2, 3}), " + std::to_string(dim) + ")",
        [&] {
          log_softmax(zeros({2, 3}), dim);
        },
        "log_softmax: Dimension out of range");
  expect_error(
      "log_softmax(zeros({0, 3}), 2)",
      [] {
        log_softmax(zeros({0, 3}), 2);
      },
      "log_softmax: Dimension out of range");
}

TEST_CASE("4.1  a scalar gives 0, and a tensor without elements a copy of itself") {
  expect("log_softmax of the scalar 3, axis 0", log_softmax(tensor(3.0), 0), tensor(0.0));
  expect("log_softmax of the scalar 3, axis -1", log_softmax(tensor(3.0), -1), tensor(0.0));
  for (const Shape& shape : {Shape{0}, Shape{0, 3}, Shape{3, 0}, Shape{2, 0, 3}})
    for (std::int64_t dim = 0; dim < std::ssize(shape); ++dim) {
      const std::string call =
          "log_softmax(zeros(" + text_of(shape) + "), " + std::to_string(dim) + ")";
      const Tensor x = zeros(shape).requires_grad_();
      const Tensor y = log_softmax(x, dim);
      expect(call, y, zeros(shape));
      expect_that(y.shared_impl() != x.shared_impl(), call + ": expected a copy, got x itself");
      expect("the operation behind " + call, y.grad_fn(), "LogSoftmaxBackward0");
      y.backward(zeros(shape));
      expect("dx of " + call, x.grad(), zeros(shape));
    }
}

TEST_CASE(
    "4.1  one operation is recorded, \"LogSoftmaxBackward0\", which does not own its result") {
  about("log_softmax");
  const Tensor x = tensor({1.0, 2.0}).requires_grad_();
  Tensor y = log_softmax(x, 0);
  expect("the operation behind log_softmax(x, 0)", y.grad_fn(), "LogSoftmaxBackward0");
  expect("the number of its inputs", y.autograd()->node->inputs.size(), 1U);
  expect_that(y.autograd()->node->inputs[0].get() == x.autograd(),
              "the input of LogSoftmaxBackward0 is not x, but something computed from it");
  const std::weak_ptr<TensorImpl> watched = y.shared_impl();
  y = Tensor();
  const bool freed = watched.expired();
  if (const auto leaked = watched.lock()) leaked->autograd->node = nullptr;  // breaks the circle
  expect_that(freed, "nobody holds the result any more, but its own rule: it is never freed");
}

TEST_CASE("4.1  backward() notices that y was changed after it was saved") {
  about("log_softmax");
  const Tensor x = tensor({1.0, 2.0}).requires_grad_();
  const Tensor y = log_softmax(x, 0);
  {
    NoGrad guard;
    Tensor changed = y;
    changed.mul_(10);
  }
  expect_error(
      "backward() after y.mul_(10)", [&] { y.backward(ones({2})); },
      "modified by an inplace operation");
}

TEST_CASE("4.1  an axis of 300, and of 10,000") {
  for (const std::int64_t length : {300, 10'007}) {
    const Tensor x = random_doubles({2, length});
    const std::string what = "of an x of shape " + text_of({2, length});
    about("log_softmax");
    expect("log_softmax(x, 1) " + what, log_softmax(x, 1), naive_log_softmax(x, 1));
    about("log_softmax_backward");
    const Tensor dy = random_doubles({2, length}, 2);
    const Tensor expected = dy - exp(naive_log_softmax(x, 1)) * sum(dy, 1, true);
    expect("dx " + what, log_softmax_dx(x, 1, dy), expected);
  }
}

TEST_CASE("4.1  10,000 numbers, none of which is far out: the sum of their powers of e is") {
  about("log_softmax");
  for (const double number : {80., 20., -80., -100.}) {
    GIVEN(number);
    expect("log_softmax of 10,000 times this number, in float32",
           log_softmax(full({10'000}, number, float32), 0),
           full({10'000}, -std::log(10'000.), float32));
  }
}

TEST_CASE("4.1  four threads at once") {
  about("log_softmax");
  expect_that(
      agree_in_threads(1000,
                       [](int i) {
                         const Tensor x = tensor({0.0, 1.0 * i}, float64).requires_grad_();
                         return log_softmax(x, 0).to_vector<double>();
                       }),
      "log_softmax: at once, four threads got other results than one after the other: a call has "
      "to keep what it computes to itself");
}

TEST_CASE("4.1  every axis of every shape, float64 and strided: values and gradients") {
  const Tensor transposed = random_doubles({3, 4}).transpose(0, 1);
  for (const Tensor& x : {random_doubles({}), random_doubles({4}), random_doubles({2, 3}),
                          random_doubles({2, 1, 3}), random_doubles({2, 3, 4}), transposed}) {
    GIVEN(x);
    for (std::int64_t dim = 0; dim < std::max<std::int64_t>(1, x.dim()); ++dim) {
      const std::string along = ", along axis " + std::to_string(dim);
      const Tensor expected = naive_log_softmax(x, dim);
      about("log_softmax");
      expect("log_softmax(x)" + along, log_softmax(x, dim), expected);
      if (x.dim() > 0)
        expect("log_softmax(x)" + along + " counted from the end", log_softmax(x, dim - x.dim()),
               expected);
      about("log_softmax_backward");
      const GradcheckResult result =
          gradcheck([dim](const Tensors& in) { return log_softmax(in[0], dim); },
                    {x.detach().clone().requires_grad_()});
      expect_that(result.ok, result.message + along);
    }
  }
}

// 4.2 Cross-entropy -------------------------------------------------------------------------------

namespace {

using nn::Reduction;

/// What cross_entropy's rule makes of dL.
Tensor cross_entropy_dx(const Tensor& x, const Tensor& targets, const nn::LabelLossOptions& options,
                        const Tensor& dl) {
  Tensor leaf = x.detach().clone().requires_grad_();
  nn::cross_entropy(leaf, targets, options).backward(dl);
  return leaf.grad();
}

Tensor cross_entropy_dx(const Tensor& x, const Tensor& targets,
                        const nn::LabelLossOptions& options = {}) {
  return cross_entropy_dx(x, targets, options, ones({}, x.dtype()));
}

struct NaiveLoss {
  Tensor loss, dx;
};

/// By the definition, an example at a time; dx for dL = 1.
NaiveLoss naive_cross_entropy(const Tensor& x, const Tensor& targets,
                              const nn::LabelLossOptions& options) {
  const Around a(x.shape(), x.dim() == 1 ? 0 : 1);
  const std::vector<double> log_p = naive_log_softmax(x, x.dim() == 1 ? 0 : 1).to_vector<double>();
  const std::vector<std::int64_t> labels = targets.to_vector<std::int64_t>();
  std::vector<double> losses(labels.size(), 0.0), dx(log_p.size(), 0.0);
  double total = 0, count = 0;
  for (std::int64_t o = 0; o < a.outer; ++o)
    for (std::int64_t k = 0; k < a.inner; ++k) {
      const std::size_t example = o * a.inner + k;
      if (labels[example] == options.ignore_index) continue;
      ++count;
      total += losses[example] = -log_p[a.at(o, labels[example], k)];
      for (std::int64_t i = 0; i < a.n; ++i)
        dx[a.at(o, i, k)] = std::exp(log_p[a.at(o, i, k)]) - (i == labels[example] ? 1 : 0);
    }
  const bool mean = options.reduction == Reduction::mean;
  const Tensor slopes = tensor(dx).view(x.shape());
  if (options.reduction == Reduction::none) return {tensor(losses).view(targets.shape()), slopes};
  return {number(mean ? total / count : total), mean ? slopes / count : slopes};
}

const char* name_of(Reduction reduction) {
  return reduction == Reduction::none ? "none" : reduction == Reduction::sum ? "sum" : "mean";
}
constexpr Reduction reductions[] = {Reduction::mean, Reduction::sum, Reduction::none};

Reduction to_reduction(const std::string& name) {
  return name == "none" ? Reduction::none : name == "sum" ? Reduction::sum : Reduction::mean;
}

}  // namespace

TEST_CASE("4.2  the loss is -log p of the label, its gradient p - one_hot") {
  const Tensor logits = tensor({{0.0, 0.0}});
  GIVEN(logits);
  expect("the loss for label 0, which is log 2", nn::cross_entropy(logits, tensor({0})),
         tensor(0.6931), {0, 5e-5});
  expect("dx for label 0", cross_entropy_dx(logits, tensor({0})), tensor({{-0.5, 0.5}}));
  expect("dx for label 1", cross_entropy_dx(logits, tensor({1})), tensor({{0.5, -0.5}}));
  const Tensor certain = tensor({{1000.0, 0.0}});
  GIVEN(certain);
  expect("the loss if the label is 0", nn::cross_entropy(certain, tensor({0})), tensor(0.0));
  expect("the loss if the label is 1", nn::cross_entropy(certain, tensor({1})), tensor(1000.0));
  expect("dx if the label is 1", cross_entropy_dx(certain, tensor({1})), tensor({{1.0, -1.0}}));
  expect("the logits, after cross_entropy", certain, tensor({{1000.0, 0.0}}));
}

TEST_CASE("4.2  the mean, the sum, or each; and dx is multiplied by dL") {
  const Tensor logits = zeros({2, 2}), labels = tensor({0, 1});
  GIVEN(logits);
  GIVEN(labels);
  const nn::LabelLossOptions sum{.reduction = Reduction::sum}, none{.reduction = Reduction::none};
  expect("the mean", nn::cross_entropy(logits, labels), tensor(0.6931), {0, 5e-5});
  expect("the sum", nn::cross_entropy(logits, labels, sum), tensor(1.3863), {0, 5e-5});
  expect("each", nn::cross_entropy(logits, labels, none), tensor({0.6931, 0.6931}), {0, 5e-5});
  expect("dx of the mean, dL = 1", cross_entropy_dx(logits, labels),
         tensor({{-0.25, 0.25}, {0.25, -0.25}}));
  expect("dx of the mean, dL = 8", cross_entropy_dx(logits, labels, {}, tensor(8.0)),
         tensor({{-2.0, 2.0}, {2.0, -2.0}}));
  expect("dx of the sum, dL = 8", cross_entropy_dx(logits, labels, sum, tensor(8.0)),
         tensor({{-4.0, 4.0}, {4.0, -4.0}}));
  expect("dx of each, dL = [2, 4]", cross_entropy_dx(logits, labels, none, tensor({2.0, 4.0})),
         tensor({{-1.0, 1.0}, {2.0, -2.0}}));
}

TEST_CASE("4.2  ignored labels cost nothing, get no gradient, and do not count in the mean") {
  const Tensor logits = tensor({{0.0, 0.0}, {not_a_number, inf}, {0.0, 0.0}});
  GIVEN(logits);
  for (const std::int64_t ignored : {-100, 1, 7}) {
    const Tensor labels = tensor({std::int64_t{0}, ignored, std::int64_t{0}});
    GIVEN(labels);
    nn::LabelLossOptions options{.ignore_index = ignored};
    GIVEN(options.ignore_index);
    expect("the mean", nn::cross_entropy(logits, labels, options), tensor(0.6931), {0, 5e-5});
    expect("dx of the mean", cross_entropy_dx(logits, labels, options),
           tensor({{-0.25, 0.25}, {0.0, 0.0}, {-0.25, 0.25}}));
    options.reduction = Reduction::none;
    expect("each", nn::cross_entropy(logits, labels, options), tensor({0.6931, 0.0, 0.6931}),
           {0, 5e-5});
    expect("dx of each, dL = [1, 1, 1]", cross_entropy_dx(logits, labels, options, ones({3})),
           tensor({{-0.5, 0.5}, {0.0, 0.0}, {-0.5, 0.5}}));
  }
}

TEST_CASE("4.2  if all labels are ignored, the mean is NaN, and the gradient 0") {
  const Tensor logits = tensor({{1.0, 2.0}, {3.0, 4.0}}), labels = tensor({-100, -100});
  GIVEN(logits);
  GIVEN(labels);
  expect("the mean", nn::cross_entropy(logits, labels), tensor(not_a_number));
  expect("dx of the mean", cross_entropy_dx(logits, labels), zeros({2, 2}));
  const nn::LabelLossOptions sum{.reduction = Reduction::sum};
  expect("the sum", nn::cross_entropy(logits, labels, sum), tensor(0.0));
  expect("dx of the sum", cross_entropy_dx(logits, labels, sum), zeros({2, 2}));
}

TEST_CASE("4.2  thousands of labels, and thousands of classes") {
  const std::int64_t many = 3000;
  const Tensor x = random_doubles({many, 2}), labels = zeros({many}, int64);
  const NaiveLoss of_many = naive_cross_entropy(x, labels, {});
  expect("the mean of 3000 losses", nn::cross_entropy(x, labels), of_many.loss);
  expect("dx of 3000 examples", cross_entropy_dx(x, labels), of_many.dx);
  const Tensor wide = random_doubles({2, many}), two = tensor({many - 1, std::int64_t{7}});
  const NaiveLoss of_wide = naive_cross_entropy(wide, two, {});
  expect("the loss with 3000 classes", nn::cross_entropy(wide, two), of_wide.loss);
  expect("dx with 3000 classes", cross_entropy_dx(wide, two), of_wide.dx);
}

TEST_CASE("4.2  a label that is all but certain has a small gradient, which is not yet 0") {
  about("cross_entropy_backward");
  for (const double logit : {10., 20., 25.}) {
    const Tensor x = tensor({logit, 0.}, float64);
    GIVEN(x);
    const double p = 1 / (1 + std::exp(logit));
    // p - 1 has lost most of its digits here.
    expect("dx for label 0", cross_entropy_dx(x, tensor(0)), tensor({-p, p}, float64), {1e-4, 0});
  }
}

TEST_CASE("4.2  four threads at once") {
  about("cross_entropy");
  expect_that(agree_in_threads(1000,
                               [](int i) {
                                 const Tensor x = arange(6.0).view({2, 3}) * i;
                                 return nn::cross_entropy(x, tensor({i % 3, 2})).item();
                               }),
              "cross_entropy: at once, four threads got other losses than one after the other: a "
              "call has to keep what it computes to itself");
}

TEST_CASE("4.2  bad arguments are refused in the name of cross_entropy") {
  about("cross_entropy");
  const Tensor x = zeros({2, 3});
  expect_error(
      "the label 3 of three classes",
      [&] {
        nn::cross_entropy(x, tensor({0, 3}));
      },
      "cross_entropy: target 3 is out of bounds for 3 classes");
  expect_error(
      "the label -100, if -1 is the one to ignore",
      [&] {
        nn::cross_entropy(x, tensor({0, -100}), {.ignore_index = -1});
      },
      "cross_entropy: target -100 is out of bounds for 3 classes");
  expect_error(
      "three labels for two examples",
      [&] {
        nn::cross_entropy(x, tensor({0, 1, 2}));
      },
      "cross_entropy: expected targets of shape [2] for an input of shape [2, 3], got [3]");
  expect_error(
      "integers for logits",
      [&] {
        nn::cross_entropy(x.to(int64), tensor({0, 1}));
      },
      "cross_entropy: expected a floating-point input, got int64");
}

TEST_CASE("4.2  one operation is recorded, whose only input is the input") {
  about("cross_entropy");
  for (const auto& [shape, labels, name] :
       {std::tuple{Shape{3}, tensor(0), "NllLossBackward0"},
        {Shape{2, 3}, tensor({0, 2}), "NllLossBackward0"},
        {Shape{2, 3, 2}, tensor({{0, 2}, {1, 1}}), "NllLoss2DBackward0"}}) {
    const Tensor x = zeros(shape).requires_grad_();
    const Tensor loss = nn::cross_entropy(x, labels);
    const std::string of = " for an input of shape " + text_of(shape);
    expect("the operation behind the loss" + of, loss.grad_fn(), name);
    expect("the number of its inputs" + of, loss.autograd()->node->inputs.size(), 1U);
    expect_that(loss.autograd()->node->inputs[0].get() == x.autograd(),
                "the input of " + std::string(name) +
                    " is not x, but something computed from it: two operations were recorded");
  }
}

TEST_CASE("4.2  examples, batches, pictures: as one example at a time, and PyTorch's numbers") {
  const std::vector<std::pair<Shape, Tensor>> cases{
      {{4}, tensor(2)},
      {{3, 4}, tensor({1, 0, 3})},
      {{3, 2}, tensor({1, -100, 0})},
      {{2, 3, 2}, tensor({{0, 2}, {1, -100}})},
      {{2, 3, 2, 2}, tensor({{{0, 2}, {1, -100}}, {{2, 2}, {1, 0}}})},
      {{1, 1}, tensor({0})}};
  for (const auto& [shape, labels] : cases)
    for (const Reduction reduction : reductions) {
      const Tensor x = random_doubles(shape);
      GIVEN(x);
      GIVEN(labels);
      const nn::LabelLossOptions options{.reduction = reduction};
      const std::string of = std::string(" (") + name_of(reduction) + ")";
      const NaiveLoss naive = naive_cross_entropy(x, labels, options);
      const Tensor loss = nn::cross_entropy(x, labels, options);
      expect("the loss" + of, loss, naive.loss);
      expect("dx" + of, cross_entropy_dx(x, labels, options, ones(loss.shape(), float64)),
             naive.dx);
    }
  for (const Json& c : load_oracle("nn").at("losses")) {
    if (c.at("op").get<std::string>() != "cross_entropy") continue;
    Tensor x = to_tensor(c.at("inputs")[0]);
    const Tensor labels = to_tensor(c.at("inputs")[1]);
    GIVEN(x);
    GIVEN(labels);
    const Json& args = c.at("args");
    const nn::LabelLossOptions options{.reduction = to_reduction(args.at("reduction")),
                                       .ignore_index = args.value("ignore_index", -100)};
    const std::string of = " (" + args.dump() + ", PyTorch's)";
    const Tensor loss = nn::cross_entropy(x, labels, options);
    expect("the loss" + of, loss, to_tensor(c.at("outputs")[0]));
    if (c.at("cotangents")[0].is_null()) continue;
    const Tensor dl = to_tensor(c.at("cotangents")[0], loss.shape(), loss.dtype());
    GIVEN(dl);
    expect("dx" + of, cross_entropy_dx(x, labels, options, dl),
           to_tensor(c.at("grads")[0], x.shape(), x.dtype()));
  }
}

// 4.3 and 4.4: optimisers -------------------------------------------------------------------------

namespace {

using State = optim::Optimizer::State;

/// An optimiser of one parameter, one step of which can be looked at.
template <class Base>
struct Open : Base {
  using Base::Base;
  /// What step() does, for any parameter, gradient and state.
  void one_step(Tensor& parameter, const Tensor& grad, State& state) {
    NoGrad guard;
    Base::update(parameter, grad, state);
  }
};
using OpenSGD = Open<optim::SGD>;
using OpenAdam = Open<optim::Adam>;
using OpenAdamW = Open<optim::AdamW>;

std::vector<std::string> names_of(const State& state) {
  std::vector<std::string> names;
  for (const auto& [name, tensor] : state) names.push_back(name);
  return names;
}
using Names = std::vector<std::string>;

/// Compares five steps of every case of one optimiser with PyTorch's.
template <class Make>
void expect_pytorch_steps(const std::string& name, Make make) {
  for (const Json& c : load_oracle("nn").at("optimizers")) {
    if (c.at("optimizer").get<std::string>() != name) continue;
    Tensors params;
    for (const Json& p : c.at("params")) params.push_back(to_tensor(p).requires_grad_());
    const std::unique_ptr<optim::Optimizer> optimizer = make(params, c.at("args"));
    for (std::size_t step = 0; step < c.at("grads").size(); ++step) {
      const Json& grads = c.at("grads")[step];
      const auto grad_of = [&](std::size_t i) {
        return grads[i].is_null() ? Tensor()
                                  : to_tensor(grads[i], params[i].shape(), params[i].dtype());
      };
      for (std::size_t i = 0; i < params.size(); ++i) params[i].set_grad(grad_of(i));
      optimizer->step();
      const std::string of =
          " in step " + std::to_string(step + 1) + " of " + name + " " + c.at("args").dump();
      for (std::size_t i = 0; i < params.size(); ++i) {
        expect("parameter " + std::to_string(i) + of, params[i],
               to_tensor(c.at("after")[step][i], params[i].shape(), params[i].dtype()));
        if (!grads[i].is_null())
          expect("the gradient, which is not to be changed," + of, params[i].grad(), grad_of(i),
                 exact);
      }
    }
  }
}

}  // namespace

// 4.3 SGD -----------------------------------------------------------------------------------------

TEST_CASE("4.3  without momentum: p becomes p - lr g, and nothing is remembered") {
  Tensor p = tensor({1.0, 2.0});
  OpenSGD sgd({p}, {.lr = 0.5});
  State state;
  sgd.one_step(p, tensor({1.0, -2.0}), state);
  expect("p = [1, 2] after a step with g = [1, -2], lr = 0.5", p, tensor({0.5, 3.0}));
  expect("the names in the state, without momentum", names_of(state), Names{});
  sgd.set_lr(0.25);
  sgd.one_step(p, tensor({1.0, -2.0}), state);
  expect("p = [0.5, 3] after a step with g = [1, -2] and set_lr(0.25)", p, tensor({0.25, 3.5}));
  expect("the lr in the optimiser, which update() is not to change", sgd.lr(), 0.25);
}

TEST_CASE("4.3  with momentum: the step follows b, which is g at first, then mu b + g") {
  Tensor p = tensor({1.0});
  OpenSGD sgd({p}, {.lr = 0.5, .momentum = 0.5});
  State state;
  sgd.one_step(p, tensor({1.0}), state);
  expect("p = 1 after the first step, g = 1, lr = 0.5, momentum = 0.5", p, tensor({0.5}));
  expect("the names in the state", names_of(state), Names{"momentum_buffer"});
  expect("b after the first step", state["momentum_buffer"], tensor({1.0}));
  sgd.one_step(p, tensor({1.0}), state);
  expect("b after the second step: 0.5 · 1 + 1", state["momentum_buffer"], tensor({1.5}));
  expect("p after the second step: 0.5 - 0.5 · 1.5", p, tensor({-0.25}));
}

TEST_CASE("4.3  dampening, which spares the first step") {
  Tensor p = tensor({1.0});
  OpenSGD sgd({p}, {.lr = 0.5, .momentum = 0.5, .dampening = 0.75});
  State state;
  sgd.one_step(p, tensor({1.0}), state);
  expect("p = 1 after the first step, g = 1, lr = 0.5, momentum = 0.5, dampening = 0.75", p,
         tensor({0.5}));
  sgd.one_step(p, tensor({1.0}), state);  // b = 0.5 + 0.25
  expect("p after the second step: 0.5 - 0.5 · (0.5 · 1 + 0.25 · 1)", p, tensor({0.125}));
}

TEST_CASE("4.3  Nesterov: the step follows g + mu b") {
  Tensor p = tensor({1.0});
  OpenSGD sgd({p}, {.lr = 0.5, .momentum = 0.5, .nesterov = true});
  State state;
  sgd.one_step(p, tensor({1.0}), state);
  expect("p = 1 after the first step, g = 1, lr = 0.5, momentum = 0.5: 1 - 0.5 · (1 + 0.5 · 1)", p,
         tensor({0.25}));
  sgd.one_step(p, tensor({1.0}), state);
  expect("p after the second step: 0.25 - 0.5 · (1 + 0.5 · 1.5)", p, tensor({-0.625}));
  expect("b after the second step", state["momentum_buffer"], tensor({1.5}));
}

TEST_CASE("4.3  weight decay adds lambda p to the gradient") {
  Tensor p = tensor({2.0});
  State state;
  OpenSGD({p}, {.lr = 0.5, .weight_decay = 0.25}).one_step(p, tensor({1.0}), state);
  expect("p = 2 after a step with g = 1, lr = 0.5, weight decay 0.25: 2 - 0.5 · (1 + 0.25 · 2)", p,
         tensor({1.25}));
  p = tensor({2.0});
  OpenSGD sgd({p}, {.lr = 0.5, .momentum = 0.5, .weight_decay = 0.25});
  sgd.one_step(p, tensor({1.0}), state);
  expect("b after the first step, which follows the decay", state["momentum_buffer"],
         tensor({1.5}));
}

TEST_CASE("4.3  the gradient stays as it is; parameter and buffer change in place") {
  for (const bool nesterov : {false, true})
    for (const double decay : {0.0, 0.5}) {
      GIVEN(nesterov);
      GIVEN(decay);
      Tensor p = tensor({1.0, 2.0});
      const Tensor model = p;  // another handle on the same tensor
      Tensor g = tensor({1.0, -1.0});
      OpenSGD sgd({p}, {.lr = 0.5, .momentum = 0.5, .weight_decay = decay, .nesterov = nesterov});
      State state;
      sgd.one_step(p, g, state);
      expect("the gradient after the first step", g, tensor({1.0, -1.0}), exact);
      expect_that(p.shared_impl() == model.shared_impl(),
                  "the parameter is another tensor after a step: the model does not notice");
      const Tensor buffer = state["momentum_buffer"];
      expect_that(buffer.defined() && !(buffer.storage() == g.storage()),
                  "momentum_buffer is the caller's gradient, not a tensor of its own");
      sgd.one_step(p, g, state);
      expect("the gradient after the second step", g, tensor({1.0, -1.0}), exact);
      expect_that(state["momentum_buffer"].shared_impl() == buffer.shared_impl(),
                  "momentum_buffer is another tensor after the second step: change it in place");
    }
}

TEST_CASE("4.3  25,000 elements of float64") {
  const double g = 1 + 1e-9;  // in float32: 1
  Tensor p = zeros({25'000}, float64);
  OpenSGD sgd({p}, {.lr = 1, .momentum = 0.5});
  State state;
  sgd.one_step(p, full({25'000}, g, float64), state);
  expect("b after a step with g = 1.000000001, momentum = 0.5", state["momentum_buffer"],
         full({25'000}, g, float64));
  expect("p = 0 after this step, lr = 1", p, full({25'000}, -g, float64));
  sgd.one_step(p, full({25'000}, g, float64), state);
  expect("b after a second step", state["momentum_buffer"], full({25'000}, 1.5 * g, float64));
  expect("p after a second step", p, full({25'000}, -2.5 * g, float64));
}

TEST_CASE("4.3  every combination of options: PyTorch's steps") {
  expect_pytorch_steps("SGD", [](const Tensors& params, const Json& args) {
    return std::make_unique<optim::SGD>(
        params, optim::SGDOptions{.lr = args.at("lr"),
                                  .momentum = args.value("momentum", 0.0),
                                  .dampening = args.value("dampening", 0.0),
                                  .weight_decay = args.value("weight_decay", 0.0),
                                  .nesterov = args.value("nesterov", false)});
  });
}

// 4.4 Adam ----------------------------------------------------------------------------------------

TEST_CASE("4.4  the first step is as large as lr, whatever the size of the gradient") {
  for (const double g : {3.0, 0.1, 1000.0, -3.0}) {
    GIVEN(g);
    Tensor p = tensor({1.0});
    State state;
    OpenAdam({p}, {.lr = 0.1}).one_step(p, tensor({g}), state);
    expect("p = 1 after the first step, lr = 0.1", p, tensor({g > 0 ? 0.9 : 1.1}), {0, 1e-5});
  }
  Tensor p = tensor({1.0});
  OpenAdam adam({p}, {.lr = 0.1});
  adam.set_lr(0.25);
  State state;
  adam.one_step(p, tensor({3.0}), state);
  expect("p = 1 after the first step and set_lr(0.25)", p, tensor({0.75}), {0, 1e-5});
}

TEST_CASE("4.4  m, v and their corrections in the second step") {
  Tensor p = tensor({1.0});
  OpenAdam adam({p}, {.lr = 1, .betas = {0.5, 0.75}, .eps = 0});
  State state;
  adam.one_step(p, tensor({2.0}), state);
  expect("m after a step with g = 2, beta1 = 0.5", state["exp_avg"], tensor({1.0}));
  expect("v after a step with g = 2, beta2 = 0.75", state["exp_avg_sq"], tensor({1.0}));
  expect("p = 1 after a step with g = 2, lr = 1", p, tensor({0.0}));
  adam.one_step(p, tensor({4.0}), state);
  expect("m after a second step with g = 4: 0.5 · 1 + 0.5 · 4", state["exp_avg"], tensor({2.5}));
  expect("v after a second step with g = 4: 0.75 · 1 + 0.25 · 16", state["exp_avg_sq"],
         tensor({4.75}));
  // m̂ = 2.5 / (1 − 0.5²) = 3.3333,  v̂ = 4.75 / (1 − 0.75²) = 10.857,  m̂ / √v̂ = 1.01163
  expect("p after the second step", p, tensor({-1.01163}), {0, 1e-5});
}

TEST_CASE("4.4  epsilon is added to the root of v/(1 - beta2^t), not under it") {
  Tensor p = tensor({1.0});
  State state;
  OpenAdam({p}, {.lr = 1, .eps = 2}).one_step(p, tensor({2.0}), state);
  expect("p = 1 after the first step with g = 2, lr = 1, eps = 2: 1 - 2 / (2 + 2)", p,
         tensor({0.5}));
}

TEST_CASE("4.4  weight decay: Adam adds lambda p to g, AdamW takes lr lambda p from p") {
  Tensor p = tensor({10.0});
  State adam_state, adamw_state;
  OpenAdam({p}, {.lr = 0.1, .weight_decay = 0.5}).one_step(p, tensor({0.0}), adam_state);
  expect("Adam: p = 10 after a step with g = 0, lr = 0.1, weight decay 0.5", p, tensor({9.9}),
         {0, 1e-5});
  expect("Adam: m, which is a mean of g + 0.5 · 10", adam_state["exp_avg"], tensor({0.5}));
  p = tensor({10.0});
  OpenAdamW adamw({p}, {.lr = 0.1, .weight_decay = 0.5});
  adamw.one_step(p, tensor({0.0}), adamw_state);
  expect("AdamW: p = 10 after a step with g = 0, lr = 0.1, weight decay 0.5: 10 - 0.1 · 0.5 · 10",
         p, tensor({9.5}), {0, 1e-5});
  expect("AdamW: m, which is a mean of g alone", adamw_state["exp_avg"], tensor({0.0}));
  adamw.set_lr(0.2);
  adamw.one_step(p, tensor({0.0}), adamw_state);
  expect("AdamW: p = 9.5 after a step with set_lr(0.2): 9.5 - 0.2 · 0.5 · 9.5", p, tensor({8.55}),
         {0, 1e-5});
}

TEST_CASE(
    "4.4  the state: \"step\" counts, \"exp_avg\" and \"exp_avg_sq\" are like the parameter") {
  for (const DType dtype : {float32, float64}) {
    Tensor p = ones({2, 3}, dtype);
    const Tensor g = full({2, 3}, 2.0, dtype);
    OpenAdam adam({p}, optim::AdamOptions{});
    State state;
    for (std::int64_t t = 1; t <= 3; ++t) {
      adam.one_step(p, g, state);
      GIVEN(t);
      expect("the names in the state", names_of(state), Names{"exp_avg", "exp_avg_sq", "step"});
      expect("state[\"step\"]", state["step"], full({}, t, int64));
    }
    // 1 − 0.9³ and 1 − 0.999³, times g and g²
    expect("state[\"exp_avg\"] after three steps with g = 2", state["exp_avg"],
           full({2, 3}, 0.542, dtype), {1e-4, 0});
    expect("state[\"exp_avg_sq\"] after three steps with g = 2", state["exp_avg_sq"],
           full({2, 3}, 0.011988004, dtype), {1e-4, 0});
  }
}

TEST_CASE("4.4  a step that follows thousands of others, whose state was in a file") {
  for (const std::int64_t before : {999, 10'000, 1'000'000}) {
    GIVEN(before);
    Tensor p = zeros({2}, float64);
    OpenAdam adam({p}, {.lr = 1, .betas = {0.9, 0.999999}, .eps = 0});
    State state;
    state["step"] = tensor(before);
    state["exp_avg"] = ones({2}, float64);
    state["exp_avg_sq"] = full({2}, 0.25, float64);
    adam.one_step(p, ones({2}, float64), state);
    const double v = 0.999999 * 0.25 + (1 - 0.999999);
    const double correction = 1 - std::pow(0.999999, static_cast<double>(before + 1));
    expect("state[\"step\"]", state["step"], tensor(before + 1));
    expect(
        "p = 0 after a step with g = 1, m = 1, v = 0.25, lr = 1, beta2 = 0.999999", p,
        full({2},
             -1 / (1 - std::pow(0.9, static_cast<double>(before + 1))) / std::sqrt(v / correction),
             float64),
        {1e-9, 0});
  }
}

TEST_CASE("4.4  the gradient stays as it is; parameter and state change in place") {
  const auto check_in_place = [](auto optimizer, Tensor p) {
    const Tensor model = p;  // another handle on the same tensor
    const Tensor g = tensor({1.0, -1.0});
    State state;
    optimizer.one_step(p, g, state);
    expect("the gradient after the first step", g, tensor({1.0, -1.0}), exact);
    expect_that(p.shared_impl() == model.shared_impl(),
                "the parameter is another tensor after a step: the model does not notice");
    const State before = state;
    optimizer.one_step(p, g, state);
    expect("the gradient after the second step", g, tensor({1.0, -1.0}), exact);
    for (const auto& [name, tensor] : before)
      expect_that(state[name].shared_impl() == tensor.shared_impl(),
                  "state[\"" + name +
                      "\"] is another tensor after the second step: change it in "
                      "place");
  };
  const Tensor p = tensor({1.0, 2.0}), q = tensor({1.0, 2.0});
  check_in_place(OpenAdam({p}, {.lr = 0.1, .weight_decay = 0.5}), p);
  check_in_place(OpenAdamW({q}, {.lr = 0.1, .weight_decay = 0.5}), q);
}

TEST_CASE("4.4  every combination of options, Adam and AdamW: PyTorch's steps") {
  const auto fill = [](auto options, const Json& args) {
    options.lr = args.value("lr", options.lr);
    if (args.contains("betas")) options.betas = {args.at("betas")[0], args.at("betas")[1]};
    options.eps = args.value("eps", options.eps);
    options.weight_decay = args.value("weight_decay", options.weight_decay);
    return options;
  };
  expect_pytorch_steps("Adam", [&](const Tensors& params, const Json& args) {
    return std::make_unique<optim::Adam>(params, fill(optim::AdamOptions{}, args));
  });
  expect_pytorch_steps("AdamW", [&](const Tensors& params, const Json& args) {
    return std::make_unique<optim::AdamW>(params, fill(optim::AdamWOptions{}, args));
  });
}

// 4.5 An epoch, and how good it made the model ----------------------------------------------------

namespace {

/// The features are the logits, moved by its parameter; and a note of every call: the mode, and
/// whether operations were recorded.
struct Shift : nn::Module {
  Tensor& shift = parameter("shift", zeros({2}));
  std::vector<bool> training, recording;
  Tensor forward(const Tensor& x) override {
    training.push_back(is_training());
    recording.push_back(grad_enabled());
    return x + shift;
  }
};

/// p ← p − lr g, and a list of the gradients that it was given.
struct Descent : optim::Optimizer {
  std::vector<Tensor> gradients;
  Descent(Tensors params, double lr) : Optimizer("Descent", std::move(params), lr) {}
  void update(Tensor& parameter, const Tensor& grad, State&) override {
    gradients.push_back(grad.clone());
    parameter.add_(grad, -lr());
  }
  std::vector<std::string> state_names() const override { return {}; }
};

/// Two logits whose loss is `loss` if label 0 is right: log(1 + e^z) = loss.
std::vector<double> logits_of_loss(double loss) { return {0, std::log(std::exp(loss) - 1)}; }

/// Examples of label 0 with this loss each.
Batch batch_of_loss(double loss, std::int64_t examples) {
  const Tensor row = tensor(logits_of_loss(loss)).to(float32);
  return {row.expand({examples, 2}).clone(), zeros({examples}, int64)};
}

void expect_near(const std::string& what, double got, double expected,
                 std::source_location at = std::source_location::current()) {
  std::ostringstream text;
  text << what << ": expected " << expected << ", got " << got;
  expect_that(std::abs(got - expected) <= 1e-5 * (1 + std::abs(expected)), text.str(), at);
}

const std::vector<Batch> no_batches;

}  // namespace

TEST_CASE("4.5  train_epoch: the mean loss is that of an example, not of a batch") {
  about("train_epoch");
  Shift model;
  Descent optimizer(model.parameters(), 0);  // the model stays as it is
  const std::vector<Batch> one{batch_of_loss(1, 2)};
  expect_near("a batch of 2 with loss 1", train_epoch(model, optimizer, one), 1);
  const std::vector<Batch> two{batch_of_loss(1, 2), batch_of_loss(4, 1)};
  expect_near("a batch of 2 with loss 1 and a batch of 1 with loss 4: (2 · 1 + 1 · 4) / 3",
              train_epoch(model, optimizer, two), 2);
  const std::vector<Batch> three{batch_of_loss(3, 1), batch_of_loss(1, 6), batch_of_loss(7, 3)};
  expect_near("batches of 1, 6, 3 with the losses 3, 1, 7: (1 · 3 + 6 · 1 + 3 · 7) / 10",
              train_epoch(model, optimizer, three), 3);
}

TEST_CASE("4.5  train_epoch: a step for each batch, by the gradient of that batch alone") {
  about("train_epoch");
  Shift model;
  Descent optimizer(model.parameters(), 1);
  model.shift.set_grad(tensor({100.0, 100.0}));  // left over from before
  const std::vector<Batch> batches{{zeros({2, 2}), tensor({0, 0})}, {zeros({1, 2}), tensor({1})}};
  train_epoch(model, optimizer, batches);
  expect("the number of steps for two batches", optimizer.gradients.size(), 2U);
  // softmax [0, 0] = [½, ½]; less one_hot [1, 0].
  expect("the gradient in the first step", optimizer.gradients[0], tensor({-0.5, 0.5}));
  // softmax [½, −½] = [0.7311, 0.2689]; less one_hot [0, 1].
  expect("the gradient in the second step", optimizer.gradients[1], tensor({0.7311, -0.7311}),
         {0, 5e-5});
  expect("the parameter after both", model.shift.detach(), tensor({-0.2311, 0.2311}), {0, 5e-5});
}

/// Adds to the logits what stands in a tensor that it does not own.
struct Outside : nn::Module {
  Tensor shift;
  explicit Outside(Tensor shift) : shift(std::move(shift)) {}
  Tensor forward(const Tensor& x) override { return x + shift; }
};

TEST_CASE("4.5  train_epoch: the gradients of all that the optimiser changes begin at 0") {
  about("train_epoch");
  Outside model(zeros({2}).requires_grad_());
  Descent optimizer({model.shift}, 0);
  const std::vector<Batch> batches{{zeros({2, 2}), tensor({0, 0})}, {zeros({1, 2}), tensor({0})}};
  train_epoch(model, optimizer, batches);
  expect("the gradient in the second step, of a tensor that is no parameter of the model",
         optimizer.gradients.at(1), tensor({-0.5, 0.5}));
}

TEST_CASE("4.5  train_epoch: three hundred examples, one at a time") {
  about("train_epoch");
  Shift model;
  Descent optimizer(model.parameters(), 0);
  const std::vector<Batch> batches(300, batch_of_loss(1, 1));
  expect_near("300 batches of 1 with loss 1", train_epoch(model, optimizer, batches), 1);
}

TEST_CASE("4.5  train_epoch: the model is in training mode, and operations are recorded") {
  about("train_epoch");
  Shift model;
  model.eval();
  Descent optimizer(model.parameters(), 1);
  train_epoch(model, optimizer, std::vector{batch_of_loss(1, 2), batch_of_loss(1, 1)});
  expect("the calls that were in training mode", model.training, std::vector<bool>{true, true});
  expect("the calls that were recorded", model.recording, std::vector<bool>{true, true});
  expect("whether the model is in training mode afterwards", model.is_training(), true);
}

TEST_CASE(
    "4.5  train_epoch: after_batch may evaluate the model, and training goes on in its mode") {
  about("train_epoch");
  Shift model;
  Descent optimizer(model.parameters(), 0);
  const std::vector<Batch> batches{batch_of_loss(1, 2), batch_of_loss(1, 1)};
  train_epoch(model, optimizer, batches, [&](std::int64_t, double) { model.eval(); });
  expect("with an after_batch that calls eval(), the calls that were in training mode",
         model.training, std::vector<bool>{true, true});
  expect("with an after_batch that calls eval(), whether the model is in training mode afterwards",
         model.is_training(), true);
}

namespace {

/// A model whose work is done by a part of it.
struct Whole : nn::Module {
  Shift& part = add<Shift>("part");
  Tensor forward(const Tensor& x) override { return part(x); }
};

}  // namespace

TEST_CASE("4.5  train_epoch: after_batch may put a part of the model into evaluation mode") {
  about("train_epoch");
  Whole model;
  Descent optimizer(model.parameters(), 0);
  const std::vector<Batch> batches{batch_of_loss(1, 2), batch_of_loss(1, 1)};
  train_epoch(model, optimizer, batches, [&](std::int64_t, double) { model.part.eval(); });
  expect("with an after_batch that calls eval() of a part, the calls of it in training mode",
         model.part.training, std::vector<bool>{true, true});
  expect("whether the part is in training mode afterwards", model.part.is_training(), true);
}

TEST_CASE("4.5  train_epoch: after_batch may write other labels into the batch") {
  about("train_epoch");
  Shift model;
  Descent optimizer(model.parameters(), 0);
  const std::vector<Batch> batches{batch_of_loss(1, 2), batch_of_loss(4, 1)};
  const auto ignore_first = [&](std::int64_t number, double) {
    if (number == 0) Tensor(batches[0].targets).fill_(-100);
  };
  expect_near(
      "a batch of 2 with loss 1 and a batch of 1 with loss 4: (2 · 1 + 1 · 4) / 3, where "
      "the first call of after_batch overwrites the labels of the first batch",
      train_epoch(model, optimizer, batches, ignore_first), 2);
}

TEST_CASE("4.5  accuracy: a label of no class is wrong, and counts") {
  about("accuracy");
  Shift model;
  const Tensor features = tensor({{2.0, 1.0}, {0.0, 1.0}, {3.0, 1.0}, {-1.0, -3.0}});
  GIVEN(features);
  expect_near("the labels 0, -1, 2, -99, one of four right",
              accuracy(model, std::vector<Batch>{{features, tensor({0, -1, 2, -99})}}), 0.25);
}

TEST_CASE("4.5  train_epoch: after_batch gets number and loss of each batch, after its step") {
  about("train_epoch");
  Shift model;
  Descent optimizer(model.parameters(), 0);
  const std::vector<Batch> batches{batch_of_loss(3, 1), batch_of_loss(1, 6), batch_of_loss(7, 3)};
  std::vector<std::int64_t> numbers;
  std::vector<std::size_t> steps;
  std::vector<double> losses;
  train_epoch(model, optimizer, batches, [&](std::int64_t number, double loss) {
    numbers.push_back(number);
    losses.push_back(loss);
    steps.push_back(optimizer.gradients.size());
  });
  expect("the numbers of the batches", numbers, std::vector<std::int64_t>{0, 1, 2});
  for (std::size_t i = 0; i < 3; ++i)
    expect_near("the loss that after_batch was given for batch " + std::to_string(i), losses[i],
                std::vector{3.0, 1.0, 7.0}[i]);
  expect("the steps that had been taken at each call", steps, std::vector<std::size_t>{1, 2, 3});
}

TEST_CASE("4.5  accuracy: the examples that are right, divided by all of them") {
  about("accuracy");
  Shift model;
  expect_near(
      "the logits [[2, 1], [3, 4]] and the labels [0, 1], both right",
      accuracy(model, std::vector<Batch>{{tensor({{2.0, 1.0}, {3.0, 4.0}}), tensor({0, 1})}}), 1);
  // The first logit is the larger one in rows 0 and 2.
  const Tensor features = tensor({{2.0, 1.0}, {0.0, 1.0}, {-1.0, -3.0}});
  GIVEN(features);
  expect_near("the labels 0, 1, 0, all right",
              accuracy(model, std::vector<Batch>{{features, tensor({0, 1, 0})}}), 1);
  expect_near("the labels 0, 1, 1, two of three right",
              accuracy(model, std::vector<Batch>{{features, tensor({0, 1, 1})}}), 2.0 / 3);
  const std::vector<Batch> unequal{{features, tensor({0, 1, 0})}, {ones({1, 2}), tensor({1})}};
  expect_near("a batch of 3, all right, and a batch of 1, wrong", accuracy(model, unequal), 0.75);
}

TEST_CASE("4.5  train_epoch and accuracy: examples whose label is ignored do not count") {
  Shift model;
  Descent optimizer(model.parameters(), 0);
  Batch half = batch_of_loss(1, 2), none = batch_of_loss(2, 2);
  half.targets = tensor({0, -100});
  none.targets = tensor({-100, -100});
  const std::vector<Batch> mixed{half, batch_of_loss(4, 1)};
  expect_near("a batch of 2 with loss 1, one of them ignored, and a batch of 1 with loss 4",
              train_epoch(model, optimizer, mixed), 2.5);
  const std::vector<Batch> with_none{none, batch_of_loss(4, 1)};
  expect_near("a batch in which all are ignored, and a batch of 1 with loss 4",
              train_epoch(model, optimizer, with_none), 4);
  const std::vector<Batch> with_empty{batch_of_loss(1, 2), batch_of_loss(4, 0),
                                      batch_of_loss(4, 1)};
  expect_near("batches of 2, 0 and 1, with the losses 1, NaN and 4",
              train_epoch(model, optimizer, with_empty), 2);
  const Tensor features = tensor({{2.0, 1.0}, {0.0, 1.0}, {-1.0, -3.0}});
  expect_near("the accuracy with the labels 0, -100, 1, one of two right",
              accuracy(model, std::vector<Batch>{{features, tensor({0, -100, 1})}}), 0.5);
}

TEST_CASE("4.5  accuracy: the model is in evaluation mode, and nothing is recorded") {
  about("accuracy");
  Shift model;
  const std::vector<Batch> batches{batch_of_loss(1, 2), batch_of_loss(1, 1)};
  accuracy(model, batches);
  expect("the calls that were in training mode", model.training, std::vector<bool>{false, false});
  expect("the calls that were recorded", model.recording, std::vector<bool>{false, false});
  expect("whether the model is in training mode afterwards", model.is_training(), false);
  expect("whether operations are recorded again afterwards", grad_enabled(), true);
}

TEST_CASE("4.5  no examples, and labels of another shape, are errors") {
  Shift model;
  Descent optimizer(model.parameters(), 1);
  about("train_epoch");
  expect_error(
      "train_epoch without batches", [&] { train_epoch(model, optimizer, no_batches); },
      "train_epoch: there are no examples to train on");
  about("accuracy");
  expect_error(
      "accuracy without batches", [&] { accuracy(model, no_batches); },
      "accuracy: expected at least one example, got none");
  const std::vector<Batch> empty{{zeros({0, 2}), zeros({0}, int64)}};
  expect_error(
      "accuracy of a batch of 0", [&] { accuracy(model, empty); },
      "accuracy: expected at least one example, got none");
  const std::vector<Batch> column{{zeros({2, 2}), tensor({{0}, {1}})}};
  expect_error(
      "accuracy with labels in a column", [&] { accuracy(model, column); },
      "accuracy: expected labels of shape [2], got [2, 1]");
}
