#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "kindling/loss.h"
#include "kindling/nn.h"
#include "kindling/ops.h"
#include "testing/oracle.h"

using namespace kindling;
using namespace kindling::testing;

namespace {

nn::Reduction to_reduction(const std::string& name) {
  if (name == "none") return nn::Reduction::none;
  return name == "sum" ? nn::Reduction::sum : nn::Reduction::mean;
}

Tensor evaluate(const std::string& op, const Json& args, const Tensor& x, const Tensor& t) {
  const nn::Reduction reduction = to_reduction(args.at("reduction"));
  const nn::LabelLossOptions options{.reduction = reduction,
                                     .ignore_index = args.value("ignore_index", -100)};
  if (op == "mse_loss") return nn::mse_loss(x, t, reduction);
  if (op == "binary_cross_entropy") return nn::binary_cross_entropy(x, t, reduction);
  if (op == "binary_cross_entropy_with_logits")
    return nn::binary_cross_entropy_with_logits(x, t, reduction);
  if (op == "nll_loss") return nn::nll_loss(x, t, options);
  if (op == "cross_entropy") return nn::cross_entropy(x, t, options);
  if (op == "soft_cross_entropy") {
    nn::ClassOptions classes{.label_smoothing = args.value("label_smoothing", 0.0)};
    if (args.contains("weight"))
      classes.weight =
          tensor(args.at("weight").get<std::vector<double>>()).to(x.dtype()).to(x.device());
    return nn::CrossEntropyLoss(options, classes)(x, t);
  }
  fail("nn.json has a loss that this test does not know: ", op);
}

/// Every case of nn.json of one loss.
void check_cases(const std::string& op) {
  int cases = 0;
  for (const Json& c : load_oracle("nn").at("losses")) {
    if (c.at("op") != op) continue;
    ++cases;
    const std::string what =
        op + " " + c.at("args").dump() + " of " + c.at("inputs")[0].at("shape").dump();
    Tensors inputs;
    for (std::size_t i = 0; i < 2; ++i) {
      inputs.push_back(to_tensor(c.at("inputs")[i]));
      if (!c.at("grads")[i].is_null()) inputs[i].requires_grad_();
    }
    const Tensor out = evaluate(op, c.at("args"), inputs[0], inputs[1]);
    check_close(what, out, to_tensor(c.at("outputs")[0]));
    if (c.at("cotangents")[0].is_null()) continue;
    const std::string name = c.at("grad_fn");
    // PyTorch gives the losses of images their shape back by a view, under whose name they go then.
    // Where labels are soft, it composes the loss of several operations.
    if (name != "ViewBackward0" && op != "soft_cross_entropy")
      CHECK_MESSAGE(out.grad_fn() == name, what);
    out.backward(to_tensor(c.at("cotangents")[0], out.shape(), out.dtype()));
    for (std::size_t i = 0; i < 2; ++i) {
      if (c.at("grads")[i].is_null()) continue;
      check_close(what + ", gradient " + std::to_string(i), inputs[i].grad(),
                  to_tensor(c.at("grads")[i], inputs[i].shape(), inputs[i].dtype()));
    }
  }
  CHECK(cases > 0);
}

void check_gradients(const std::string& what, const std::function<Tensor(const Tensors&)>& f,
                     const Tensors& inputs) {
  const GradcheckResult result = gradcheck(f, inputs);
  CHECK_MESSAGE(result.ok, what, ": ", result.message);
}

constexpr nn::Reduction reductions[] = {nn::Reduction::none, nn::Reduction::mean,
                                        nn::Reduction::sum};

/// Numbers between 0 and 1, and not near either.
Tensor probabilities(const Shape& shape) { return rand(shape, float64) * 0.8 + 0.1; }

}  // namespace

// log_softmax -------------------------------------------------------------------------------------

TEST_CASE("4.1 log_softmax: values") {
  const Tensor x = tensor({{1.0, 2.0, 3.0}, {0.0, 0.0, 0.0}});
  check_close(
      "rows", log_softmax(x, 1),
      tensor({{-2.40760596, -1.40760596, -0.40760596}, {-1.09861229, -1.09861229, -1.09861229}}));
  check_close("columns", log_softmax(x, 0), log(softmax(x, 0)), {1e-6, 1e-6});
  check_close("a negative axis", log_softmax(x, -1), log_softmax(x, 1), exact);
  CHECK(log_softmax(tensor(3.0), 0).item() == 0);
  CHECK(log_softmax(zeros({0, 3}), 1).shape() == Shape{0, 3});
}

TEST_CASE("4.1 log_softmax: neither overflows nor takes the logarithm of 0") {
  check_close("huge", log_softmax(tensor({1000.0, 0.0}), 0), tensor({0.0, -1000.0}));
  check_close("hugely negative", log_softmax(tensor({-1000.0, -1001.0}), 0),
              tensor({-0.31326169, -1.31326169}));
  const double inf = std::numeric_limits<double>::infinity();
  check_close("impossible", log_softmax(tensor({0.0, -inf}), 0), tensor({0.0, -inf}));
}

TEST_CASE("4.1 log_softmax: rule and name") {
  const Tensor x = tensor({1.0, 2.0}).requires_grad_();
  CHECK(log_softmax(x, 0).grad_fn() == "LogSoftmaxBackward0");
  for (const Shape& shape :
       {Shape{}, Shape{4}, Shape{2, 3}, Shape{2, 1, 3}, Shape{0, 3}, Shape{3, 0}})
    for (std::int64_t dim = 0; dim < std::max<std::int64_t>(1, std::ssize(shape)); ++dim)
      check_gradients("log_softmax", [dim](const Tensors& in) { return log_softmax(in[0], dim); },
                      {randn(shape, float64).requires_grad_()});
}

TEST_CASE("4.1 log_softmax: wrong arguments") {
  CHECK_THROWS_WITH_AS(log_softmax(tensor({1, 2}), 0),
                       "log_softmax: expected a floating-point tensor, got int64", Error);
  CHECK_THROWS_WITH_AS(log_softmax(zeros({2, 3}), 2),
                       doctest::Contains("log_softmax: Dimension out of range"), Error);
}

// Losses of numbers -------------------------------------------------------------------------------

TEST_CASE("mse_loss: PyTorch's values and gradients") { check_cases("mse_loss"); }
TEST_CASE("binary_cross_entropy: PyTorch's values and gradients") {
  check_cases("binary_cross_entropy");
}
TEST_CASE("binary_cross_entropy_with_logits: PyTorch's values and gradients") {
  check_cases("binary_cross_entropy_with_logits");
}

TEST_CASE("losses of numbers: gradients by central differences, for inputs and targets") {
  for (const nn::Reduction reduction : reductions)
    for (const Shape& shape : {Shape{}, Shape{3}, Shape{2, 1, 3}, Shape{0}}) {
      if (numel(shape) == 0 && reduction == nn::Reduction::mean)
        continue;  // the mean of nothing is NaN
      const Tensor x = randn(shape, float64).requires_grad_();
      const Tensor p = probabilities(shape).requires_grad_();
      const Tensor t = probabilities(shape).requires_grad_();
      check_gradients("mse_loss",
                      [=](const Tensors& in) { return nn::mse_loss(in[0], in[1], reduction); },
                      {x, t});
      check_gradients(
          "binary_cross_entropy",
          [=](const Tensors& in) { return nn::binary_cross_entropy(in[0], in[1], reduction); },
          {p, t});
      check_gradients("binary_cross_entropy_with_logits",
                      [=](const Tensors& in) {
                        return nn::binary_cross_entropy_with_logits(in[0], in[1], reduction);
                      },
                      {x, t});
    }
}

TEST_CASE("binary_cross_entropy_with_logits is the same of σ(x)") {
  const Tensor x = randn({20}, float64);
  const Tensor t = rand({20}, float64);
  check_close("both", nn::binary_cross_entropy_with_logits(x, t),
              nn::binary_cross_entropy(sigmoid(x), t));
  const Tensor far = tensor({-2000.0, 2000.0});
  check_close("far out",
              nn::binary_cross_entropy_with_logits(far, tensor({1.0, 0.0}), nn::Reduction::none),
              tensor({2000.0, 2000.0}));
}

TEST_CASE("losses of numbers: wrong arguments") {
  const Tensor x = tensor({0.5, 0.5});
  CHECK_THROWS_WITH_AS(nn::mse_loss(x, tensor({{1.0, 0.0}})),
                       "mse_loss: expected a target of the input's shape [2], got [1, 2]", Error);
  CHECK_THROWS_WITH_AS(
      nn::binary_cross_entropy(x, tensor({1, 0})),
      "binary_cross_entropy: expected a target of the input's dtype float32, got int64", Error);
  CHECK_THROWS_WITH_AS(nn::binary_cross_entropy_with_logits(tensor({1, 0}), x),
                       doctest::Contains("expected a floating-point input, got int64"), Error);
  for (const auto& [bad, text] : {std::pair{-0.25, "-0.25"}, {1.5, "1.5"}, {std::nan(""), "nan"}})
    CHECK_THROWS_WITH_AS(
        nn::binary_cross_entropy(tensor({0.5, bad}), x),
        doctest::Contains(
            (std::string("all elements of input should be between 0 and 1, got ") + text).c_str()),
        Error);
}

// Losses of labels --------------------------------------------------------------------------------

TEST_CASE("nll_loss: PyTorch's values and gradients") { check_cases("nll_loss"); }
TEST_CASE("4.2 cross_entropy: PyTorch's values and gradients") { check_cases("cross_entropy"); }
TEST_CASE(
    "cross_entropy of soft labels, with weights and smoothing: PyTorch's values and gradients") {
  check_cases("soft_cross_entropy");
}

TEST_CASE("cross_entropy of soft labels: its rule, for both inputs") {
  manual_seed(4);
  const Tensor labels = tensor({{0, 2}, {1, -100}});
  for (const nn::Reduction reduction : reductions) {
    const nn::ClassOptions classes{.weight = tensor({0.5, 2.0, 1.5}, float64),
                                   .label_smoothing = 0.2};
    check_gradients("labels",
                    [&](const Tensors& x) {
                      return nn::cross_entropy(x[0], labels, {.reduction = reduction}, classes);
                    },
                    {randn({2, 3, 2}, float64).requires_grad_()});
    check_gradients(
        "probabilities",
        [&](const Tensors& x) {
          return nn::cross_entropy(x[0], x[1], {.reduction = reduction}, classes);
        },
        {randn({2, 3, 2}, float64).requires_grad_(), probabilities({2, 3, 2}).requires_grad_()});
  }
}

TEST_CASE("cross_entropy of soft labels: what does not fit, and what is impossible") {
  const Tensor x = zeros({2, 3}), labels = tensor({0, 2});
  CHECK_THROWS_WITH_AS(nn::cross_entropy(x, labels, {}, {.label_smoothing = 1.5}),
                       "cross_entropy: label_smoothing must be between 0.0 and 1.0, got 1.5",
                       Error);
  CHECK_THROWS_WITH_AS(nn::cross_entropy(x, labels, {}, {.weight = ones({2})}),
                       "cross_entropy: expected a weight for each of 3 classes, of dtype float32, "
                       "got float32 of shape [2]",
                       Error);
  CHECK_THROWS_WITH_AS(nn::cross_entropy(x, tensor({0, 3}), {}, {.label_smoothing = 0.1}),
                       "cross_entropy: target 3 is out of bounds for 3 classes", Error);
  CHECK_THROWS_WITH_AS(nn::cross_entropy(x, zeros({2, 4}), {}, {}),
                       "cross_entropy: expected probabilities of the input's shape [2, 3] and "
                       "dtype float32, got [2, 4] and float32",
                       Error);
  CHECK_THROWS_AS(nn::cross_entropy(x, tensor({{0, 2}}), {}, {}), Error);
  const double infinity = std::numeric_limits<double>::infinity();
  const Tensor certain = tensor({{0., -infinity, -infinity}});
  CHECK(nn::cross_entropy(certain, tensor({{1., 0., 0.}}), {}, {}).item() == 0);
  CHECK(nn::cross_entropy(certain, tensor({{0., 1., 0.}}), {}, {}).item() == infinity);
  // Without options, the two are one.
  const Tensor y = randn({5, 3});
  const Tensor classes = tensor({0, 1, 2, 2, -100});
  check_close("no options", nn::cross_entropy(y, classes, {}, {}), nn::cross_entropy(y, classes));
}

TEST_CASE("4.2 cross_entropy: by hand") {
  Tensor x = tensor({{0.0, 0.0}}).requires_grad_();
  const Tensor loss = nn::cross_entropy(x, tensor({0}));
  CHECK(loss.item() == doctest::Approx(std::log(2.0)));
  loss.backward();
  check_close("softmax − one_hot", x.grad(), tensor({{-0.5, 0.5}}));
}

TEST_CASE("4.2 cross_entropy: gradients by central differences") {
  struct Case {
    Shape input;
    Tensor targets;
  };
  const std::vector<Case> cases{
      {{3, 4}, tensor({1, 0, 3})},    {{4}, tensor(2)},
      {{3, 2}, tensor({1, -100, 0})}, {{2, 3, 2}, tensor({{0, 2}, {1, -100}})},
      {{1, 1}, tensor({0})},          {{0, 3}, empty({0}, int64)}};
  for (const Case& c : cases)
    for (const nn::Reduction reduction : reductions) {
      if (c.targets.numel() == 0 && reduction == nn::Reduction::mean) continue;
      const Tensor x = randn(c.input, float64).requires_grad_();
      const nn::LabelLossOptions options{.reduction = reduction};
      check_gradients(
          "cross_entropy",
          [&](const Tensors& in) { return nn::cross_entropy(in[0], c.targets, options); }, {x});
      check_gradients("nll_loss",
                      [&](const Tensors& in) { return nn::nll_loss(in[0], c.targets, options); },
                      {x});
    }
}

TEST_CASE("cross_entropy is nll_loss of log_softmax") {
  const Tensor x = randn({5, 3, 4});
  const Tensor targets = randint(0, 3, {5, 4});
  check_close("both", nn::cross_entropy(x, targets), nn::nll_loss(log_softmax(x, 1), targets));
}

TEST_CASE("4.2 cross_entropy: wrong arguments") {
  const Tensor x = zeros({2, 3});
  CHECK_THROWS_WITH_AS(nn::cross_entropy(x, tensor({0, 3})),
                       "cross_entropy: target 3 is out of bounds for 3 classes", Error);
  CHECK_THROWS_WITH_AS(nn::cross_entropy(x, tensor({-1, 0})),
                       "cross_entropy: target -1 is out of bounds for 3 classes", Error);
  CHECK_THROWS_WITH_AS(
      nn::cross_entropy(x, tensor({0, 1, 2})),
      "cross_entropy: expected targets of shape [2] for an input of shape [2, 3], got [3]", Error);
  CHECK_THROWS_WITH_AS(
      nn::cross_entropy(x, tensor({0.0, 1.0})),
      "cross_entropy: expected targets to be class labels of dtype int64, got float32", Error);
  CHECK_THROWS_WITH_AS(nn::cross_entropy(x.to(int64), tensor({0, 1})),
                       doctest::Contains("got int64"), Error);
  CHECK_THROWS_WITH_AS(nn::nll_loss(tensor(1.0), tensor(0)), doctest::Contains("got a scalar"),
                       Error);
  CHECK_THROWS_WITH_AS(nn::cross_entropy(zeros({2, 0}), tensor({0, 0})),
                       doctest::Contains("out of bounds for 0 classes"), Error);
}

TEST_CASE("a single class: the loss is 0, not −0") {
  const Tensor targets = tensor({0, 0}).to(test_device());
  for (const auto reduction : {nn::Reduction::none, nn::Reduction::sum, nn::Reduction::mean}) {
    for (const Tensor& x : {tensor({{5.0}, {0.0}}), tensor({{-3.0}, {1.0}})}) {
      const Tensor loss = nn::cross_entropy(x.to(test_device()), targets, {.reduction = reduction});
      for (const double value : loss.to_vector<double>()) {
        CHECK(value == 0);
        CHECK_FALSE(std::signbit(value));
      }
    }
    const Tensor sure = zeros({2, 1}).to(test_device());
    for (const double value :
         nn::nll_loss(sure, targets, {.reduction = reduction}).to_vector<double>())
      CHECK_FALSE(std::signbit(value));
  }
  const Tensor alone = nn::cross_entropy(tensor({3.0}), tensor(0));
  CHECK_FALSE(std::signbit(alone.item()));
}

TEST_CASE("no classes: fine, if every label is ignored") {
  for (const bool from_logits : {true, false}) {
    const auto loss_of = [&](const Tensor& x, const Tensor& t, nn::Reduction reduction) {
      return from_logits ? nn::cross_entropy(x, t, {.reduction = reduction})
                         : nn::nll_loss(x, t, {.reduction = reduction});
    };
    for (const Shape& shape : {Shape{2, 0}, Shape{0}, Shape{2, 0, 3}}) {
      Shape batch = shape;
      batch.erase(batch.begin() + (shape.size() > 1));
      const Tensor targets = full(batch, -100).to(test_device());
      Tensor x = zeros(shape).to(test_device()).requires_grad_();
      const Tensor each = loss_of(x, targets, nn::Reduction::none);
      check_close("each", each, zeros(batch));
      sum(each).backward();
      CHECK(x.grad().shape() == shape);
      CHECK(loss_of(x, targets, nn::Reduction::sum).item() == 0);
      const Tensor mean = loss_of(x, targets, nn::Reduction::mean);
      CHECK(std::isnan(mean.item()));
      mean.backward();
    }
  }
}

// Modules -----------------------------------------------------------------------------------------

TEST_CASE("losses as modules") {
  const Tensor x = randn({4, 3});
  const Tensor labels = tensor({0, 2, 1, 1});
  CHECK(equal(nn::CrossEntropyLoss()(x, labels), nn::cross_entropy(x, labels)));
  CHECK(equal(nn::CrossEntropyLoss({.ignore_index = 1})(x, labels),
              nn::cross_entropy(x, labels, {.ignore_index = 1})));
  CHECK(equal(nn::NLLLoss()(x, labels), nn::nll_loss(x, labels)));
  CHECK(
      equal(nn::MSELoss(nn::Reduction::sum)(x, x + 1), nn::mse_loss(x, x + 1, nn::Reduction::sum)));
  const Tensor p = sigmoid(x);
  CHECK(equal(nn::BCELoss()(p, p), nn::binary_cross_entropy(p, p)));
  CHECK(equal(nn::BCEWithLogitsLoss()(x, p), nn::binary_cross_entropy_with_logits(x, p)));
  CHECK(equal(nn::LogSoftmax(1)(x), log_softmax(x, 1)));
  CHECK_THROWS_WITH_AS(static_cast<nn::Module&&>(nn::MSELoss())(x),
                       doctest::Contains("missing the required \"forward\""), Error);
}

TEST_CASE("their texts") {
  std::vector<std::unique_ptr<nn::Module>> models;
  models.push_back(std::make_unique<nn::LogSoftmax>(1));
  models.push_back(std::make_unique<nn::MSELoss>());
  models.push_back(std::make_unique<nn::CrossEntropyLoss>());
  models.push_back(std::make_unique<nn::BCELoss>());
  models.push_back(std::make_unique<nn::BCEWithLogitsLoss>());
  models.push_back(std::make_unique<nn::NLLLoss>());
  std::size_t found = 0;
  for (const Json& c : load_oracle("nn").at("repr"))
    for (const auto& model : models)
      if (model->name() == c.at("model").at("type").get<std::string>()) {
        CHECK(to_string(*model) == c.at("text").get<std::string>());
        ++found;
      }
  CHECK(found == models.size());
}
