#include <doctest/doctest.h>

#include <ctime>

#include "kindling/init.h"
#include "kindling/nn.h"
#include "kindling/ops.h"
#include "testing/oracle.h"

using namespace kindling;
using namespace kindling::testing;

namespace {

/// A layer that needs no other: y = k x.
struct Times : nn::Module {
  double k;
  explicit Times(double k) : k(k) {}
  Tensor forward(const Tensor& x) override { return x * k; }
};

/// A layer with the smallest parameter.
struct Scaled : nn::Module {
  Tensor& scale = parameter("scale", ones({1}));
  Tensor forward(const Tensor& x) override { return x * scale; }
};

/// Lets a test name its parts.
struct Many : nn::Module {
  using Module::add;
  using Module::buffer;
  using Module::parameter;
};

/// Notes in which mode it was called.
struct Witness : nn::Module {
  bool was_training = false;
  Tensor forward(const Tensor& x) override {
    was_training = is_training();
    return x;
  }
};

}  // namespace

// Linear ------------------------------------------------------------------------------------------

TEST_CASE("3.2 Linear: weights, outputs and gradients are PyTorch's") {
  for (const Json& c : load_oracle("nn").at("linear")) {
    const std::string what = "Linear(" + c.at("in_features").dump() + ", " +
                             c.at("out_features").dump() + ", bias=" + c.at("bias").dump() +
                             ") of " + c.at("input").at("shape").dump();
    manual_seed(c.at("seed"));
    nn::Linear layer(c.at("in_features"), c.at("out_features"), c.at("bias"));
    layer.to(test_device());
    check_close(what + ", weight", layer.weight, to_tensor(c.at("weight")), exact);
    CHECK(layer.bias.defined() == c.at("bias").get<bool>());
    if (layer.bias.defined())
      check_close(what + ", bias", layer.bias, to_tensor(c.at("bias_data")), exact);
    check_close(what + ", the next random number", rand({1}),
                to_tensor(Json{c.at("rand_after")}, {1}, float32), exact);

    Tensor x = to_tensor(c.at("input")).requires_grad_();
    const Tensor y = layer(x);
    check_close(what + ", output", y, to_tensor(c.at("output")));
    // A vector without bias is a matmul with a squeeze, which later versions of PyTorch name
    // otherwise.
    if (x.dim() != 1 || layer.bias.defined())
      CHECK_MESSAGE(y.grad_fn() == c.at("grad_fn").get<std::string>(), what);
    y.backward(to_tensor(c.at("cotangent"), y.shape(), float32));
    check_close(what + ", dx", x.grad(), to_tensor(c.at("input_grad"), x.shape(), float32));
    check_close(what + ", dW", layer.weight.grad(),
                to_tensor(c.at("weight_grad"), layer.weight.shape(), float32));
    if (layer.bias.defined())
      check_close(what + ", db", layer.bias.grad(),
                  to_tensor(c.at("bias_grad"), layer.bias.shape(), float32));
  }
}

TEST_CASE("3.2 Linear: inputs with any number of axes agree with their rows") {
  nn::Linear layer(3, 2);
  const Tensor x = randn({2, 4, 5, 3});
  const Tensor y = layer(x);
  CHECK(y.shape() == Shape{2, 4, 5, 2});
  check_close("one row", y[1][2][3], layer(x[1][2][3]));
  check_close("a strided input", layer(x.transpose(0, 1)), y.transpose(0, 1));
  CHECK(layer(zeros({0, 3})).shape() == Shape{0, 2});
  CHECK(layer(zeros({2, 0, 3})).shape() == Shape{2, 0, 2});
}

TEST_CASE("3.2 Linear: gradients by central differences") {
  nn::Linear layer(3, 2);
  layer.to(float64);
  for (const Shape& shape : {Shape{3}, Shape{4, 3}, Shape{2, 2, 3}, Shape{0, 3}}) {
    const Tensor x = randn(shape, float64).requires_grad_();
    const GradcheckResult result = gradcheck([&](const Tensors& in) { return layer(in[0]); }, {x});
    CHECK_MESSAGE(result.ok, result.message);
  }
}

TEST_CASE("3.2 Linear: wrong inputs") {
  nn::Linear layer(3, 2);
  CHECK_THROWS_WITH_AS(
      layer(zeros({2, 4})),
      "Linear: expected an input with 3 features in its last axis, got shape [2, 4]", Error);
  CHECK_THROWS_AS(layer(tensor(1.0)), Error);
  CHECK_THROWS_AS(layer(zeros({2, 3}, float64)), Error);
  CHECK_THROWS_WITH_AS(nn::Linear(-1, 2), doctest::Contains("in_features=-1"), Error);
}

TEST_CASE("3.2 Linear: no features at all") {
  nn::Linear layer(0, 2);
  CHECK(layer.weight.shape() == Shape{2, 0});
  CHECK(layer(zeros({3, 0})).to_vector<double>() == std::vector<double>(6, 0.0));
}

// Activations -------------------------------------------------------------------------------------

TEST_CASE("3.3 silu: values, rule and name") {
  Tensor x = tensor({-2.0, -0.5, 0.0, 1.0, 20.0}).requires_grad_();
  const Tensor y = silu(x);
  check_close("silu", y, tensor({-0.23840584, -0.18877034, 0.0, 0.73105858, 20.0}));
  CHECK(y.grad_fn() == "SiluBackward0");
  sum(y).backward();
  check_close("its slope", x.grad(), tensor({-0.09078425, 0.26003882, 0.5, 0.92767051, 1.0}),
              {1e-6, 1e-6});
  for (const Shape& shape : {Shape{}, Shape{3}, Shape{2, 1, 3}, Shape{0}}) {
    const GradcheckResult result = gradcheck([](const Tensors& in) { return silu(in[0]); },
                                             {randn(shape, float64).requires_grad_()});
    CHECK_MESSAGE(result.ok, result.message);
  }
  CHECK_THROWS_WITH_AS(silu(tensor({1, 2})), "silu: expected a floating-point tensor, got int64",
                       Error);
}

TEST_CASE("the other activations are the functions of chapter 2") {
  const Tensor x = randn({3, 4});
  check_close("ReLU", nn::ReLU()(x), relu(x), exact);
  check_close("GELU", nn::GELU()(x), gelu(x), exact);
  check_close("GELU, nearly", nn::GELU("tanh")(x), gelu(x, "tanh"), exact);
  check_close("SiLU", nn::SiLU()(x), silu(x), exact);
  check_close("Tanh", nn::Tanh()(x), tanh(x), exact);
  check_close("Sigmoid", nn::Sigmoid()(x), sigmoid(x), exact);
  check_close("Softmax", nn::Softmax(0)(x), softmax(x, 0), exact);
  check_close("Identity", nn::Identity()(x), x, exact);
}

// Sequential --------------------------------------------------------------------------------------

TEST_CASE("3.4 Sequential: one after the other") {
  nn::Sequential layers;
  const Tensor x = tensor({1.0, -1.0});
  check_close("no layers", layers(x), x, exact);
  layers.append<Times>(2.0).append<nn::ReLU>().append<Times>(-3.0);
  check_close("three layers", layers(x), tensor({-6.0, 0.0}));
  CHECK(layers.size() == 3);
}

TEST_CASE("3.4 Sequential: layers are children, named by their numbers") {
  nn::Sequential layers;
  for (int i = 0; i < 11; ++i) layers.append<nn::Identity>();
  const auto children = layers.named_children();
  REQUIRE(children.size() == 11);
  CHECK(children[0].first == "0");
  CHECK(children[10].first == "10");
  CHECK(children[10].second == &layers[10]);
  CHECK(&layers[-1] == &layers[10]);
}

TEST_CASE("3.4 Sequential: the mode reaches the layers") {
  nn::Sequential layers;
  layers.append<Witness>();
  layers(tensor({1.0}));
  CHECK(layers.get<Witness>(0).was_training);
  layers.eval();
  layers(tensor({1.0}));
  CHECK_FALSE(layers.get<Witness>(0).was_training);
}

TEST_CASE("3.4 Sequential: wrong indices and layers") {
  nn::Sequential layers;
  layers.append<nn::ReLU>();
  CHECK_THROWS_WITH_AS(layers[1], "Sequential: index 1 is out of range for 1 layers", Error);
  CHECK_THROWS_AS(layers[-2], Error);
  CHECK_THROWS_WITH_AS(layers.get<nn::Linear>(0), doctest::Contains("but a ReLU"), Error);
  CHECK_THROWS_AS(layers.append(nullptr), Error);
  CHECK(layers.size() == 1);
}

/// The processor's seconds for so many layers: appending, listing and changing them.
static double seconds_for(std::size_t count) {
  const std::clock_t began = std::clock();
  nn::Sequential layers;
  for (std::size_t i = 0; i < count; ++i) layers.append<Scaled>();
  const std::string last = std::to_string(count - 1);
  CHECK(layers.named_children().size() == count);
  CHECK(layers.named_children().back().first == last);
  CHECK(layers.named_modules().size() == count + 1);
  CHECK(layers.named_parameters().back().first == last + ".scale");
  CHECK(layers.parameters().size() == count);
  CHECK(layers.num_parameters() == static_cast<std::int64_t>(count));
  CHECK(layers.state_dict().size() == count);
  layers.eval().requires_grad_(false);
  layers.requires_grad_().zero_grad();
  layers.to(float64);
  CHECK(to_string(layers).size() > count);
  return static_cast<double>(std::clock() - began) / CLOCKS_PER_SEC;
}

TEST_CASE("four times as many layers take four times as long, not sixteen times") {
  const double few = seconds_for(25'000), many = seconds_for(100'000);  // 24 s were for appending
  CHECK(many < 10 * few + 0.5);
}

TEST_CASE("a hundred thousand parameters of one module, and one name twice") {
  Many many;
  for (int i = 0; i < 100'000; ++i) many.parameter(std::to_string(i), zeros({1}));
  CHECK(many.parameters().size() == 100'000);
  CHECK_THROWS_WITH_AS(many.parameter("77", zeros({1})),
                       "Module [Many]: the parameter name \"77\" is taken", Error);
  CHECK_THROWS_AS(many.buffer("77", zeros({1})), Error);
  CHECK_THROWS_AS(many.add<nn::ReLU>("77"), Error);
  CHECK_THROWS_AS(many.parameter("whole", zeros({1}, int64)), Error);
  many.parameter("whole", zeros({1}));  // the name that was refused with its tensor is free
}

// Dropout -----------------------------------------------------------------------------------------

TEST_CASE("3.5 Dropout: masks, gradients and random numbers are PyTorch's") {
  const TestDevice here(cpu);  // a GPU draws other numbers
  for (const Json& c : load_oracle("nn").at("dropout")) {
    const std::string what =
        "Dropout(" + c.at("p").dump() + ") of " + c.at("input").at("shape").dump();
    Tensor x = to_tensor(c.at("input")).requires_grad_();
    nn::Dropout layer(c.at("p"));
    layer.train(c.at("training"));
    manual_seed(c.at("seed"));
    const Tensor y = layer(x);
    check_close(what, y, to_tensor(c.at("output")));
    check_close(what + ", the next random number", rand({1}),
                to_tensor(Json{c.at("rand_after")}, {1}, float32), exact);
    y.backward(to_tensor(c.at("cotangent"), y.shape(), float32));
    check_close(what + ", dx", x.grad(), to_tensor(c.at("input_grad"), x.shape(), float32));
  }
}

TEST_CASE("3.5 Dropout: keeps the mean in training, and everything in evaluation") {
  manual_seed(0);
  nn::Dropout layer(0.25);
  const Tensor x = ones({100, 100});
  const Tensor y = layer(x);
  const double kept = sum(y > 0).item() / 10000;
  CHECK(kept == doctest::Approx(0.75).epsilon(0.02));
  CHECK(max(y).item() == doctest::Approx(1 / 0.75));
  CHECK_FALSE(equal(layer(x), y));
  layer.eval();
  CHECK(layer(x).shared_impl() == x.shared_impl());
}

TEST_CASE("3.5 Dropout: probabilities outside of [0, 1]") {
  for (const double p : {-0.1, 1.1, std::nan("")})
    CHECK_THROWS_WITH_AS(nn::Dropout{p}, doctest::Contains("probability has to be between 0 and 1"),
                         Error);
}

// Flatten -----------------------------------------------------------------------------------------

TEST_CASE("Flatten") {
  const Tensor x = zeros({2, 3, 4, 5});
  CHECK(nn::Flatten()(x).shape() == Shape{2, 60});
  CHECK(nn::Flatten(0, 1)(x).shape() == Shape{6, 4, 5});
  CHECK(nn::Flatten()(zeros({0, 28, 28})).shape() == Shape{0, 784});
  CHECK_THROWS_AS(nn::Flatten(2, 1)(x), Error);
}
