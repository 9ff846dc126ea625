#include "kindling/train.h"

#include <doctest/doctest.h>

#include <cmath>
#include <iterator>
#include <list>

#include "kindling/loss.h"
#include "kindling/nn.h"
#include "kindling/ops.h"
#include "testing/oracle.h"

using namespace kindling;
using namespace kindling::testing;

namespace {

struct NeuralNetwork : nn::Module {
  nn::Sequential& layers = add<nn::Sequential>("layers");
  NeuralNetwork(std::int64_t inputs, std::int64_t outputs) {
    layers.append<nn::Linear>(inputs, 30)
        .append<nn::ReLU>()
        .append<nn::Linear>(30, 20)
        .append<nn::ReLU>()
        .append<nn::Linear>(20, outputs);
  }
  Tensor forward(const Tensor& x) override { return layers(x); }
};

/// Logits that are its parameters, whatever the input; and a note of the mode and of whether
/// operations were recorded.
struct Constant : nn::Module {
  Tensor& logits = parameter("logits", tensor({0.0, 0.0, 0.0}));
  bool was_training = false, was_recording = false;
  Tensor forward(const Tensor& x) override {
    was_training = is_training();
    was_recording = grad_enabled();
    return logits.expand({x.size(0), 3});
  }
};

/// p ← p − g, without relying on SGD.
struct Descent : optim::Optimizer {
  explicit Descent(Tensors params) : Optimizer("Descent", std::move(params), 1) {}
  void update(Tensor& parameter, const Tensor& grad, State&) override { parameter.sub_(grad); }
  std::vector<std::string> state_names() const override { return {}; }
};

const Tensor x_train = tensor({{-1.2, 3.1}, {-0.9, 2.9}, {-0.5, 2.6}, {2.3, -1.1}, {2.7, -1.5}});
const Tensor y_train = tensor({0, 0, 0, 1, 1});
const Tensor x_test = tensor({{-0.8, 2.8}, {2.6, -1.6}});
const Tensor y_test = tensor({0, 1});

Batch batch_of(const std::vector<int>& examples) {
  const Tensor index = tensor(examples);
  return {index_select(x_train, 0, index), index_select(y_train, 0, index)};
}

/// What a DataLoader is like: its iterators are not copied, and its end is of another type.
class Countdown {
 public:
  explicit Countdown(int batches) : batches_(batches) {}
  class Iterator {
   public:
    explicit Iterator(int left) : left_(std::make_unique<int>(left)) {}
    Batch operator*() const { return {full({1, 1}, *left_, float32), tensor({0})}; }
    Iterator& operator++() {
      --*left_;
      return *this;
    }
    bool operator==(std::default_sentinel_t) const { return *left_ == 0; }

   private:
    std::unique_ptr<int> left_;
  };
  Iterator begin() { return Iterator(batches_); }
  std::default_sentinel_t end() const { return {}; }

 private:
  int batches_;
};

}  // namespace

TEST_CASE("any range of batches can be walked, again and again") {
  const std::vector<Batch> batches{batch_of({0, 1}), batch_of({2})};
  const std::list<std::pair<Tensor, Tensor>> pairs{{x_train, y_train}};
  const auto count = [](const Batches& all) {
    std::int64_t examples = 0;
    for (int pass = 0; pass < 2; ++pass)
      for (const auto& [features, targets] : all) examples += targets.numel();
    return examples;
  };
  CHECK(count(batches) == 6);
  CHECK(count(pairs) == 10);
  CHECK(count(std::vector<Batch>{}) == 0);
  CHECK(count(Countdown(3)) == 6);

  std::vector<double> seen;
  Countdown countdown(3);
  for (const Batch& batch : Batches(countdown)) seen.push_back(batch.features.item());
  CHECK(seen == std::vector<double>{3, 2, 1});
}

TEST_CASE("4.5 train_epoch: one step for each batch, the mean over examples") {
  Constant model;
  model.eval();
  Descent optimizer(model.parameters());
  model.logits.set_grad(tensor({100.0, 100.0, 100.0}));  // left over from before: not to be used
  const std::vector<Batch> batches{{zeros({2, 1}), tensor({0, 1})}, {zeros({1, 1}), tensor({2})}};
  std::vector<std::pair<std::int64_t, double>> calls;
  const double mean = train_epoch(model, optimizer, batches, [&](std::int64_t batch, double loss) {
    calls.emplace_back(batch, loss);
  });

  CHECK(model.was_training);
  CHECK(model.is_training());
  REQUIRE(calls.size() == 2);
  CHECK(calls[0].first == 0);
  CHECK(calls[1].first == 1);
  // softmax(0) = ⅓, so the first step is to −(⅓ − ½), −(⅓ − ½), −⅓; then the loss is −log softmax
  // there.
  const double first = std::log(3.0);
  const double second = 1.0 / 3 + std::log(2 * std::exp(1.0 / 6) + std::exp(-1.0 / 3));
  CHECK(calls[0].second == doctest::Approx(first));
  CHECK(calls[1].second == doctest::Approx(second));
  CHECK(mean == doctest::Approx((2 * first + second) / 3));
  CHECK(sum(model.logits).item() == doctest::Approx(0).epsilon(1e-6));
}

TEST_CASE("4.5 ignored labels count neither in the loss nor in the accuracy") {
  // The logits are the parameters, and a rate of 0 leaves them: [0, 2, 0] costs 2.2395 at 0, .2395
  // at 1.
  Constant model;
  model.logits.set_data(tensor({0.0, 2.0, 0.0}));
  optim::SGD still(model.parameters(), {.lr = 0});
  const double at_0 = std::log(2 + std::exp(2.0)), at_1 = at_0 - 2;
  const auto batch = [](const std::vector<std::int64_t>& labels) {
    return Batch{zeros({std::ssize(labels), 1}), tensor(labels)};
  };
  const std::vector<Batch> batches{batch({0, -100}), batch({1})};
  CHECK(train_epoch(model, still, batches) == doctest::Approx((at_0 + at_1) / 2));
  CHECK(accuracy(model, batches) == 0.5);

  // A batch of nothing else has a loss of NaN, as PyTorch's has, and no part in the mean.
  std::vector<double> losses;
  const std::vector<Batch> with_none{batch({0}), batch({-100, -100}), batch({1, 1, -100})};
  CHECK(train_epoch(model, still, with_none, [&](std::int64_t, double loss) {
          losses.push_back(loss);
        }) == doctest::Approx((at_0 + 2 * at_1) / 3));
  REQUIRE(losses.size() == 3);
  CHECK(std::isnan(losses[1]));
  CHECK(accuracy(model, with_none) == doctest::Approx(2.0 / 3));

  const std::vector<Batch> nothing{batch({-100})};
  CHECK_THROWS_WITH_AS(train_epoch(model, still, nothing),
                       "train_epoch: there are no examples to train on", Error);
  CHECK_THROWS_WITH_AS(accuracy(model, nothing),
                       "accuracy: expected at least one example, got none", Error);
  CHECK(model.logits.detach().to_vector<double>() == std::vector<double>{0, 2, 0});
}

TEST_CASE("4.5 train_epoch: without examples, and with a bad one") {
  Constant model;
  Descent optimizer(model.parameters());
  CHECK_THROWS_WITH_AS(train_epoch(model, optimizer, std::vector<Batch>{}),
                       "train_epoch: there are no examples to train on", Error);
  const std::vector<Batch> bad{{zeros({1, 1}), tensor({3})}};
  CHECK_THROWS_WITH_AS(train_epoch(model, optimizer, bad),
                       doctest::Contains("target 3 is out of bounds for 3 classes"), Error);
  CHECK(model.logits.to_vector<double>() == std::vector<double>{0, 0, 0});
}

TEST_CASE("4.5 accuracy: the part that is right, in evaluation mode and without recording") {
  Constant model;
  model.logits.set_data(tensor({0.0, 2.0, 1.0}));
  const std::vector<Batch> batches{{zeros({3, 1}), tensor({1, 0, 1})},
                                   {zeros({1, 1}), tensor({2})}};
  CHECK(accuracy(model, batches) == 0.5);
  CHECK_FALSE(model.was_training);
  CHECK_FALSE(model.was_recording);
  CHECK_FALSE(model.is_training());
  CHECK(grad_enabled());
  CHECK_THROWS_WITH_AS(accuracy(model, std::vector<Batch>{}),
                       "accuracy: expected at least one example, got none", Error);
  const std::vector<Batch> columns{{zeros({2, 1}), tensor({{1}, {0}})}};
  CHECK_THROWS_WITH_AS(accuracy(model, columns),
                       "accuracy: expected labels of shape [2], got [2, 1]", Error);
}

TEST_CASE("the hour, section 7") {
  const Json& hour = load_oracle("nn").at("hour");
  manual_seed(123);
  NeuralNetwork model(2, 2);
  optim::SGD optimizer(model.parameters(), {.lr = 0.5});

  std::vector<double> losses;
  for (std::size_t epoch = 0; epoch < 3; ++epoch) {
    std::vector<Batch> batches;
    for (std::size_t i = 0; i < 2; ++i)
      batches.push_back(batch_of(hour.at("batches")[2 * epoch + i]));
    train_epoch(model, optimizer, batches,
                [&](std::int64_t, double loss) { losses.push_back(loss); });
  }
  const std::vector<double> printed{0.75, 0.65, 0.44, 0.13, 0.03, 0.00};
  REQUIRE(losses.size() == printed.size());
  for (std::size_t i = 0; i < printed.size(); ++i) {
    CHECK(losses[i] == doctest::Approx(hour.at("losses")[i].get<double>()).epsilon(2e-6));
    CHECK(std::abs(losses[i] - printed[i]) <= 0.005);
  }

  const std::vector<Batch> train{{x_train, y_train}}, test{{x_test, y_test}};
  CHECK(accuracy(model, train) == hour.at("accuracy_train").get<double>());
  CHECK(accuracy(model, test) == hour.at("accuracy_test").get<double>());

  NoGrad guard;
  const Tensor logits = model(x_train);
  check_close("logits", logits, to_tensor(hour.at("logits")), {2e-6, 2e-6});
  CHECK(to_string(logits) == hour.at("logits_text").get<std::string>());
  check_close("softmax", softmax(logits, 1), to_tensor(hour.at("probabilities")), {2e-6, 2e-6});
  const Tensor predictions = argmax(logits, 1);
  CHECK(predictions.to_vector<int>() == hour.at("argmax").get<std::vector<int>>());
  CHECK((predictions == y_train).to_vector<bool>() == hour.at("correct").get<std::vector<bool>>());
  CHECK(sum(predictions == y_train).item<int>() == hour.at("correct_sum").get<int>());
  for (const auto& [name, tensor] : model.named_parameters())
    check_close(name, tensor.detach(), to_tensor(hour.at("state").at(name)), {2e-6, 2e-6});
}

TEST_CASE("the hour, sections 3 and 4") {
  const Json& hour = load_oracle("nn").at("hour");
  const Tensor y = tensor({1.0}), x1 = tensor({1.1});
  Tensor w1 = tensor({2.2}).requires_grad_(), b = tensor({0.0}).requires_grad_();
  const Tensor loss = nn::binary_cross_entropy(sigmoid(x1 * w1 + b), y);
  check_close("loss", loss.detach(), to_tensor(hour.at("bce")));
  loss.backward();
  check_close("dw1", w1.grad(), to_tensor(hour.at("w1_grad")));
  check_close("db", b.grad(), to_tensor(hour.at("b_grad")));
}
