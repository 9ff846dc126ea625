/// What judges the exercises of chapter 3.
#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <new>
#include <string>
#include <vector>

#include "kindling/autograd.h"
#include "kindling/module.h"
#include "kindling/nn.h"
#include "kindling/ops.h"
#include "testing/beside.h"
#include "testing/expect.h"
#include "testing/oracle.h"

using namespace kindling;
using namespace kindling::testing;

namespace {

using Names = std::vector<std::string>;

Names names_of(const NamedTensors& named) {
  Names names;
  for (const auto& [name, tensor] : named) names.push_back(name);
  return names;
}

bool same_tensor(const Tensor& a, const Tensor& b) { return a.shared_impl() == b.shared_impl(); }

/// The same numbers in every run, drawn without the default generator.
Tensor random_doubles(const Shape& shape, std::uint64_t seed = 1) {
  Generator generator(seed);
  return randn(shape, float64, generator);
}

}  // namespace

// 3.1 Named parameters ----------------------------------------------------------------------------

namespace {

/// Two parameters, and a buffer between them, which is none.
struct Affine : nn::Module {
  Tensor& scale = parameter("scale", tensor({2.0, 3.0}));
  Tensor& calls = buffer("calls", tensor({0.0}));
  Tensor& shift = parameter("shift", tensor({1.0}));
};

/// Its own parameter is declared between the children.
struct Tower : nn::Module {
  Affine& below = add<Affine>("below");
  Tensor& bias = parameter("bias", tensor({0.5}));
  Affine& above = add<Affine>("above");
};

struct City : nn::Module {
  Tower& tower = add<Tower>("tower");
};

struct Country : nn::Module {
  City& west = add<City>("west");
  City& east = add<City>("east");
};

struct Nothing : nn::Module {};

/// Lets a test reach what a subclass would call.
struct Open : nn::Module {
  using Module::add;
  using Module::buffer;
  using Module::parameter;
};

}  // namespace

TEST_CASE("3.1  a module lists its own parameters, under their names") {
  Affine affine;
  expect("named_parameters() of a module with \"scale\" and \"shift\"",
         names_of(affine.named_parameters()), Names{"scale", "shift"});
  expect("\"scale\"", affine.named_parameters()[0].second, tensor({2.0, 3.0}));
  expect("\"shift\"", affine.named_parameters()[1].second, tensor({1.0}));

  Open unsorted;
  for (const char* name : {"weight", "bias", "a", "z"}) unsorted.parameter(name, tensor({1.0}));
  expect("parameters declared as weight, bias, a, z", names_of(unsorted.named_parameters()),
         Names{"weight", "bias", "a", "z"});
}

TEST_CASE("3.1  then those of each child, with the child's name and a dot in front") {
  Tower tower;
  expect(
      "the list of \"bias\" and the children \"below\" and \"above\", each with \"scale\" and "
      "\"shift\"",
      names_of(tower.named_parameters()),
      Names{"bias", "below.scale", "below.shift", "above.scale", "above.shift"});
}

TEST_CASE("3.1  modules in modules in modules: the path leads through all of them") {
  Country country;
  Names expected;
  for (const std::string city : {"west", "east"})
    for (const std::string rest :
         {"bias", "below.scale", "below.shift", "above.scale", "above.shift"})
      expected.push_back(city + ".tower." + rest);
  expect("the paths of a country with two cities with a tower each",
         names_of(country.named_parameters()), expected);
}

TEST_CASE("3.1  modules with nothing in them add nothing") {
  expect("named_parameters() of an empty module", names_of(Nothing().named_parameters()), Names{});
  Open module;
  module.add<Nothing>("first");
  module.add<Affine>("second");
  module.add<Nothing>("third");
  expect("an empty child, one with two parameters, an empty child",
         names_of(module.named_parameters()), Names{"second.scale", "second.shift"});
  Open buffers;
  buffers.buffer("mean", tensor({1.0}));
  expect("a module with a buffer and no parameter", names_of(buffers.named_parameters()), Names{});
}

TEST_CASE("3.1  a parameter that is absent is left out") {
  Open module;
  module.parameter("weight", tensor({1.0}));
  module.parameter("bias", Tensor());
  expect("\"weight\", and \"bias\", which is an undefined tensor",
         names_of(module.named_parameters()), Names{"weight"});

  Open parent;
  Open& child = parent.add<Open>("child");
  child.parameter("bias", Tensor());
  child.parameter("weight", tensor({1.0}));
  expect("the same in a child", names_of(parent.named_parameters()), Names{"child.weight"});
}

TEST_CASE("3.1  the list holds the very tensors, not copies; frozen ones, too") {
  City city;
  city.tower.below.requires_grad_(false);
  const NamedTensors found = city.named_parameters();
  expect("the paths, with \"below\" frozen", names_of(found),
         Names{"tower.bias", "tower.below.scale", "tower.below.shift", "tower.above.scale",
               "tower.above.shift"});
  const Tensors own{city.tower.bias, city.tower.below.scale, city.tower.below.shift,
                    city.tower.above.scale, city.tower.above.shift};
  for (std::size_t i = 0; i < own.size(); ++i)
    expect_that(same_tensor(found[i].second, own[i]),
                "\"" + found[i].first +
                    "\" is another tensor: an optimiser that changes it would "
                    "not change the module");
}

TEST_CASE("3.1  more than a thousand parameters, or children, and hundreds of levels") {
  Open wide;
  Names expected;
  for (int i = 0; i < 1100; ++i) {
    expected.push_back("p" + std::to_string(i));
    wide.parameter(expected.back(), tensor({1.0}));
  }
  for (int i = 0; i < 1100; ++i) {
    const std::string name = "c" + std::to_string(i);
    wide.add<Open>(name).parameter("w", tensor({1.0}));
    expected.push_back(name + ".w");
  }
  expect("the names of 1100 parameters and 1100 children with one each",
         names_of(wide.named_parameters()), expected);
  Open deep;
  Open* last = &deep;
  std::string path;
  for (int i = 0; i < 700; ++i) {
    last = &last->add<Open>("level");
    path += "level.";
  }
  last->parameter("w", tensor({1.0}));
  expect("how many parameters there are below 700 levels", deep.named_parameters().size(), 1U);
  expect("how long the path through 700 levels is", deep.named_parameters().at(0).first.size(),
         path.size() + 1);
}

TEST_CASE("3.1  one that two names share is listed under each") {
  Open module;
  const Tensor shared = tensor({1.0, 2.0});
  module.parameter("a", shared);
  module.parameter("b", shared);
  module.add<Open>("child").parameter("c", shared);
  const NamedTensors found = module.named_parameters();
  expect("one tensor as \"a\", as \"b\", and as \"c\" of a child", names_of(found),
         Names{"a", "b", "child.c"});
  for (const auto& [name, tensor] : found)
    expect_that(same_tensor(tensor, shared), "\"" + name + "\" is another tensor, a copy");
}

// 3.2 Linear --------------------------------------------------------------------------------------

namespace {

/// What a Linear layer has to compute, row by row and term by term.
Tensor naive_linear(const Tensor& x, const Tensor& weight, const Tensor& bias) {
  const std::int64_t in = weight.size(1), out = weight.size(0);
  const std::vector<double> xs = x.to_vector<double>(), w = weight.to_vector<double>();
  const std::vector<double> b =
      bias.defined() ? bias.to_vector<double>() : std::vector<double>(out, 0.0);
  std::vector<double> ys;
  for (std::size_t row = 0; row < xs.size(); row += in)
    for (std::int64_t o = 0; o < out; ++o) {
      double y = b[o];
      for (std::int64_t i = 0; i < in; ++i) y += xs[row + i] * w[o * in + i];
      ys.push_back(y);
    }
  Shape shape = x.shape();
  shape.back() = out;
  return tensor(ys).view(shape);
}

const Tensor small_weight = tensor({{1.0, 2.0}, {3.0, 4.0}, {5.0, 6.0}});

std::string describe(const Json& c) {
  return "Linear(" + c.at("in_features").dump() + ", " + c.at("out_features").dump() +
         (c.at("bias").get<bool>() ? ")" : ", no bias)");
}

double largest(const Tensor& x) { return max(abs(x.detach())).item(); }

}  // namespace

TEST_CASE("3.2  y is x times the transpose of W, plus b") {
  about("Linear::forward");
  nn::Linear layer(2, 3);
  layer.weight.set_data(small_weight);
  layer.bias.set_data(tensor({10.0, 20.0, 30.0}));
  GIVEN(layer.weight);
  GIVEN(layer.bias);
  expect("y of x = [1, 1]", layer(tensor({1.0, 1.0})), tensor({13.0, 27.0, 41.0}));
  expect("y of the batch x = [[1, 1], [1, 0]]", layer(tensor({{1.0, 1.0}, {1.0, 0.0}})),
         tensor({{13.0, 27.0, 41.0}, {11.0, 23.0, 35.0}}));
}

TEST_CASE("3.2  without a bias, y is only x times the transpose of W") {
  about("Linear::forward");
  nn::Linear layer(2, 3, false);
  layer.weight.set_data(small_weight);
  GIVEN(layer.weight);
  expect_undefined("the bias", layer.bias);
  expect("y of x = [1, 1]", layer(tensor({1.0, 1.0})), tensor({3.0, 7.0, 11.0}));
  expect("y of the batch x = [[1, 1], [1, 0]]", layer(tensor({{1.0, 1.0}, {1.0, 0.0}})),
         tensor({{3.0, 7.0, 11.0}, {1.0, 3.0, 5.0}}));
}

TEST_CASE("3.2  with more axes, every row is treated like a row of a batch") {
  about("Linear::forward");
  for (const bool with_bias : {true, false}) {
    nn::Linear layer(3, 2, with_bias);
    layer.to(float64);
    for (const Shape& shape : {Shape{3}, Shape{1, 3}, Shape{4, 3}, Shape{2, 4, 3},
                               Shape{2, 1, 5, 3}, Shape{1, 2, 1, 2, 1, 2, 3}, Shape{2, 750, 3},
                               Shape{1500, 3}, Shape{0, 3}, Shape{2, 0, 3}}) {
      const Tensor x = random_doubles(shape);
      GIVEN(with_bias);
      GIVEN(x);
      expect("y of x of shape " + (std::ostringstream() << shape).str(), layer(x),
             naive_linear(x, layer.weight, layer.bias));
    }
    const Tensor strided = random_doubles({4, 2, 3}).transpose(0, 1);
    GIVEN(strided);
    expect("y of a transposed x", layer(strided), naive_linear(strided, layer.weight, layer.bias));
  }
}

TEST_CASE("3.2  an input of the wrong length is refused") {
  about("Linear::forward");
  for (const bool with_bias : {true, false}) {
    GIVEN(with_bias);
    nn::Linear layer(3, 2, with_bias);
    const std::string text =
        "Linear: expected an input with 3 features in its last axis, got shape ";
    expect_error(
        "Linear(3, 2) of zeros({2, 4})",
        [&] {
          layer(zeros({2, 4}));
        },
        text + "[2, 4]");
    expect_error(
        "Linear(3, 2) of zeros({3, 4})",
        [&] {
          layer(zeros({3, 4}));
        },
        text + "[3, 4]");
    expect_error(
        "Linear(3, 2) of zeros({2})", [&] { layer(zeros({2})); }, text + "[2]");
    expect_error(
        "Linear(3, 2) of zeros({2, 3, 1})",
        [&] {
          layer(zeros({2, 3, 1}));
        },
        text + "[2, 3, 1]");
    expect_error(
        "Linear(3, 2) of a scalar", [&] { layer(tensor(1.0)); }, text + "[]");
  }
}

TEST_CASE("3.2  an x of integers is not converted, but refused") {
  about("Linear::forward");
  for (const bool with_bias : {true, false})
    for (const Shape& shape : {Shape{2}, Shape{4, 2}, Shape{1, 4, 2}})
      for (const DType dtype : {int64, bool_}) {
        GIVEN(with_bias);
        GIVEN(shape);
        nn::Linear layer(2, 3, with_bias);
        expect_error(
            text("Linear(2, 3) of an x of ", dtype), [&] { layer(ones(shape, dtype)); }, "");
      }
}

TEST_CASE("3.2  W and b begin between ±1/√in_features, and change in place when drawn anew") {
  about("Linear::reset_parameters");
  manual_seed(7);
  nn::Linear layer(100, 400);  // 1/√100 = 0.1
  const auto begins_well = [](const char* what, const Tensor& parameter) {
    const double most = largest(parameter);
    const std::string text = std::string(what) +
                             ": the largest of its numbers has to be just under "
                             "0.1 = 1/√in_features, got " +
                             std::to_string(most);
    expect_that(most <= 0.1 && most > 0.095, text);
  };
  begins_well("the weight of a Linear(100, 400)", layer.weight);
  begins_well("the bias of a Linear(100, 400)", layer.bias);

  const Tensor weight = layer.weight, bias = layer.bias;
  const Tensor weight_before = weight.detach().clone(), bias_before = bias.detach().clone();
  layer.reset_parameters();
  expect_that(same_tensor(layer.weight, weight),
              "reset_parameters(): the weight is another tensor than before; fill it in place");
  expect_that(same_tensor(layer.bias, bias),
              "reset_parameters(): the bias is another tensor than before; fill it in place");
  expect_that(!equal(weight.detach(), weight_before),
              "reset_parameters(): the weight has the same numbers as before, not new ones");
  expect_that(!equal(bias.detach(), bias_before),
              "reset_parameters(): the bias has the same numbers as before, not new ones");
  expect("whether the weight requires a gradient after reset_parameters()", weight.requires_grad(),
         true);
  expect("whether the bias requires a gradient after reset_parameters()", bias.requires_grad(),
         true);
}

TEST_CASE("3.2  from the same seed, W, b and the next random number are PyTorch's") {
  about("Linear::reset_parameters");
  manual_seed(123);
  const nn::Linear hour(50, 30);
  expect("the first weights of a Linear(50, 30)", hour.weight.detach()[0].narrow(0, 0, 3),
         tensor({-0.0577, 0.0047, -0.0702}), {0, 5e-5});
  for (const Json& c : load_oracle("nn").at("linear")) {
    const std::string what = describe(c);
    manual_seed(c.at("seed"));
    const nn::Linear layer(c.at("in_features"), c.at("out_features"), c.at("bias"));
    expect("the weight of " + what, layer.weight, to_tensor(c.at("weight")), exact);
    if (layer.bias.defined())
      expect("the bias of " + what, layer.bias, to_tensor(c.at("bias_data")), exact);
    expect("the random number that comes after " + what, rand({1}),
           to_tensor(Json{c.at("rand_after")}, {1}, float32), exact);
  }
}

TEST_CASE("3.2  backward() notices that the weights were drawn anew since") {
  about("Linear::reset_parameters");
  for (const bool with_bias : {true, false}) {
    nn::Linear layer(2, 3, with_bias);
    const Tensor x = ones({4, 2}).requires_grad_();
    about("Linear::forward");
    const Tensor y = sum(layer(x));
    about("Linear::reset_parameters");
    layer.reset_parameters();
    expect_error(
        "backward() after reset_parameters()", [&] { y.backward(); },
        "modified by an inplace operation");
  }
}

TEST_CASE("3.2  a layer without inputs: its bias begins as 0, and its output is 0") {
  about("Linear::reset_parameters");
  nn::Linear layer(0, 2);
  expect("the bias of a Linear(0, 2)", layer.bias, zeros({2}));
  about("Linear::forward");
  expect("y of zeros({3, 0})", layer(zeros({3, 0})), zeros({3, 2}));
  expect("y of zeros({2, 3, 0})", layer(zeros({2, 3, 0})), zeros({2, 3, 2}));
  expect("y of zeros({0})", layer(zeros({0})), zeros({2}));
}

TEST_CASE("3.2  outputs, gradients and the names of the operations are PyTorch's") {
  about("Linear::forward");
  for (const Json& c : load_oracle("nn").at("linear")) {
    nn::Linear layer(c.at("in_features"), c.at("out_features"), c.at("bias"));
    layer.weight.set_data(to_tensor(c.at("weight")));
    if (layer.bias.defined()) layer.bias.set_data(to_tensor(c.at("bias_data")));
    Tensor x = to_tensor(c.at("input")).requires_grad_();
    const std::string of =
        " of " + describe(c) + " for an input of shape " + c.at("input").at("shape").dump();
    GIVEN(x);
    const Tensor y = layer(x);
    expect("y" + of, y, to_tensor(c.at("output")));
    // PyTorch has a name of its own for the product of a vector and a matrix.
    if (x.dim() != 1 || layer.bias.defined())
      expect("the operation behind y" + of, std::string(y.grad_fn()),
             c.at("grad_fn").get<std::string>());
    y.backward(to_tensor(c.at("cotangent"), y.shape(), float32));
    expect("dx" + of, x.grad(), to_tensor(c.at("input_grad"), x.shape(), float32));
    expect("dW" + of, layer.weight.grad(),
           to_tensor(c.at("weight_grad"), layer.weight.shape(), float32));
    if (layer.bias.defined())
      expect("db" + of, layer.bias.grad(),
             to_tensor(c.at("bias_grad"), layer.bias.shape(), float32));
  }
}

// 3.3 An activation -------------------------------------------------------------------------------

namespace {

/// What silu's rule makes of dy.
Tensor slope_times(const Tensor& x, const Tensor& dy) {
  Tensor leaf = x.detach().clone().requires_grad_();
  about("silu");
  const Tensor y = silu(leaf);
  expect_that(
      y.requires_grad(),
      "silu(x) recorded nothing, though x requires gradients: is a NoGrad still alive where "
      "record() is called?");
  about("silu_backward");
  y.backward(dy);
  return leaf.grad();
}

}  // namespace

TEST_CASE("3.3  y is x times σ(x)") {
  about("silu");
  const Tensor x = tensor({0.0, 1.0, -2.0, 20.0});
  GIVEN(x);
  expect("silu(x)", silu(x), tensor({0.0, 0.7311, -0.2384, 20.0}), {0, 5e-5});
  expect("x, after silu(x)", x, tensor({0.0, 1.0, -2.0, 20.0}));
}

TEST_CASE("3.3  the slope is σ(x) + y (1 − σ(x)), and dx is dy times that") {
  const Tensor x = tensor({0.0, 1.0, -2.0, 20.0});
  GIVEN(x);
  expect("dx for dy = 1", slope_times(x, ones({4})), tensor({0.5, 0.9277, -0.0908, 1.0}),
         {0, 5e-5});
  expect("dx for dy = [2, 10, -10, 0]", slope_times(x, tensor({2.0, 10.0, -10.0, 0.0})),
         tensor({1.0, 9.2767, 0.9078, 0.0}), {0, 5e-5});
}

TEST_CASE("3.3  one operation is recorded, \"SiluBackward0\", whose only input is x") {
  about("silu");
  const Tensor x = tensor({1.0, 2.0}).requires_grad_();
  const Tensor y = silu(x);
  expect("the operation behind silu(x)", y.grad_fn(), "SiluBackward0");
  expect("the number of its inputs", y.autograd()->node->inputs.size(), 1U);
  expect_that(y.autograd()->node->inputs[0].get() == x.autograd(),
              "the input of SiluBackward0 is not x, but something that was computed from it");
  expect("the number of gradients that its rule returns",
         y.autograd()->node->backward(ones({2})).size(), 1U);
  expect("whether operations are recorded after silu()", grad_enabled(), true);
  expect("the operation behind silu(x) of an x that needs no gradient",
         silu(tensor({1.0})).grad_fn(), "");
}

TEST_CASE("3.3  integers are refused") {
  about("silu");
  expect_error(
      "silu(tensor({1, 2}))",
      [] {
        silu(tensor({1, 2}));
      },
      "silu: expected a floating-point tensor, got int64");
  expect_error(
      "silu(tensor({true}))", [] { silu(tensor({true})); },
      "silu: expected a floating-point tensor, got bool");
}

TEST_CASE("3.3  every shape, float64, and strided: as one number at a time") {
  about("silu");
  const Tensor transposed = random_doubles({3, 2}).transpose(0, 1);
  for (const Tensor& x : {random_doubles({}), random_doubles({5}), random_doubles({2, 1, 3}),
                          random_doubles({0}), random_doubles({2, 0}), transposed}) {
    GIVEN(x);
    const Tensor dy = random_doubles(x.shape(), 2);
    std::vector<double> y, dx;
    const std::vector<double> dys = dy.to_vector<double>();
    for (const double number : x.to_vector<double>()) {
      const double s = 1 / (1 + std::exp(-number));
      y.push_back(number * s);
      dx.push_back(dys[dx.size()] * (s + y.back() * (1 - s)));
    }
    about("silu");
    expect("silu(x)", silu(x), tensor(y).view(x.shape()));
    GIVEN(dy);
    expect("dx", slope_times(x, dy), tensor(dx).view(x.shape()));
    const GradcheckResult result = gradcheck([](const Tensors& in) { return silu(in[0]); },
                                             {x.detach().clone().requires_grad_()});
    expect_that(result.ok, result.message);
  }
}

TEST_CASE("3.3  far out, nothing becomes NaN") {
  about("silu");
  const Tensor x = tensor({1000.0, -1000.0});
  GIVEN(x);
  expect("silu(x)", silu(x), tensor({1000.0, 0.0}));
  expect("dx for dy = 1", slope_times(x, ones({2})), tensor({1.0, 0.0}));
}

TEST_CASE("3.3  backward() notices that x was changed after it was saved") {
  about("silu");
  for (const std::int64_t length : {2, 25'000}) {
    GIVEN(length);
    const Tensor x = ones({length}).requires_grad_();
    const Tensor y = sum(silu(x));
    {
      NoGrad guard;
      Tensor changed = x;
      changed.mul_(10);
    }
    expect_error(
        "backward() after x.mul_(10)", [&] { y.backward(); }, "modified by an inplace operation");
  }
}

TEST_CASE("3.3  25,000 elements of float64, and the smallest that there are") {
  const Tensor x = full({25'000}, 1 + 1e-9, float64);
  const double s = 1 / (1 + std::exp(-1 - 1e-9)), y = (1 + 1e-9) * s;
  about("silu");
  expect("silu of 25,000 times 1.000000001", silu(x), full({25'000}, y, float64));
  expect("dx of 25,000 times 1.000000001, for dy = 1", slope_times(x, ones({25'000}, float64)),
         full({25'000}, s + y * (1 - s), float64));
  for (const double number : {0., -0., 5e-324, -5e-324, 1e-310}) {
    const Tensor tiny = tensor({number}, float64);
    GIVEN(number);
    expect("dx for dy = 1", slope_times(tiny, ones({1}, float64)), tensor({0.5}, float64));
  }
}

TEST_CASE("3.3  dy, which other operations get, too, stays as it is") {
  about("silu_backward");
  const Tensor x = tensor({1.0, -2.0}).requires_grad_(), dy = tensor({10.0, 100.0});
  GIVEN(x);
  silu(x).backward(dy);
  expect("dy after backward(dy)", dy, tensor({10.0, 100.0}), exact);
}

// 3.4 Sequential ----------------------------------------------------------------------------------

namespace {

/// y = k x, and a count of its calls.
struct Times : nn::Module {
  double k;
  int calls = 0;
  explicit Times(double k) : k(k) {}
  Tensor forward(const Tensor& x) override {
    ++calls;
    return x * k;
  }
};

struct Plus : nn::Module {
  double k;
  explicit Plus(double k) : k(k) {}
  Tensor forward(const Tensor& x) override { return x + k; }
};

Names child_names(const nn::Module& module) {
  Names names;
  for (const auto& [name, child] : module.named_children()) names.push_back(name);
  return names;
}

}  // namespace

TEST_CASE("3.4  x goes through the layers, one after the other") {
  nn::Sequential layers;
  layers.append<Times>(2.0);
  expect("[1, -1] through \"times 2\"", layers(tensor({1.0, -1.0})), tensor({2.0, -2.0}));
  layers.append<nn::ReLU>();
  expect("[1, -1] through \"times 2\", ReLU", layers(tensor({1.0, -1.0})), tensor({2.0, 0.0}));
  layers.append<Times>(-3.0);
  expect("[1, -1] through \"times 2\", ReLU, \"times -3\"", layers(tensor({1.0, -1.0})),
         tensor({-6.0, 0.0}));

  nn::Sequential order;
  order.append<Plus>(1.0).append<Times>(2.0).append<Plus>(5.0);
  expect("[1] through \"plus 1\", \"times 2\", \"plus 5\"", order(tensor({1.0})), tensor({9.0}));
}

TEST_CASE("3.4  without layers, x itself comes out") {
  about("Sequential::forward");
  nn::Sequential layers;
  expect("the number of layers", layers.size(), 0);
  const Tensor x = tensor({1.0, -1.0});
  const Tensor y = layers(x);
  expect("y", y, x);
  expect_that(same_tensor(y, x), "y: expected x itself, got a copy");
}

TEST_CASE("3.4  layers are children, named by their numbers: \"0\" is the first") {
  about("Sequential::append");
  nn::Sequential layers;
  layers.append<nn::ReLU>();
  expect("the names of the children after one append()", child_names(layers), Names{"0"});
  for (int i = 1; i < 11; ++i) layers.append<Plus>(i);
  expect("the number of layers after eleven", layers.size(), 11);
  expect("the names of the children after eleven", child_names(layers),
         Names{"0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10"});
  const auto children = layers.named_children();
  for (std::int64_t i = 0; i < 11; ++i)
    expect_that(children[i].second == &layers[i],
                "layer " + std::to_string(i) + " is not the child \"" + std::to_string(i) + "\"");
  expect("[0] through ReLU, \"plus 1\", ... \"plus 10\"", layers(tensor({0.0})), tensor({55.0}));
}

TEST_CASE("3.4  as many layers as you like") {
  nn::Sequential layers;
  for (int i = 0; i < 1100; ++i) layers.append<Plus>(1);
  const Names names = child_names(layers);
  for (std::size_t i = 0; i < 1100; ++i)
    expect("the name of layer " + std::to_string(i), names.at(i), std::to_string(i));
  expect("[0] through 1100 times \"plus 1\"", layers(tensor({0.0})), tensor({1100.0}));
}

namespace {

/// It is an Identity, and does something all the same.
struct Doubled : nn::Identity {
  Tensor forward(const Tensor& x) override { return x * 2; }
};

/// Does what it was made with.
struct Does : nn::Module {
  std::function<Tensor(const Tensor&)> f;
  explicit Does(std::function<Tensor(const Tensor&)> f) : f(std::move(f)) {}
  Tensor forward(const Tensor& x) override { return f(x); }
};

}  // namespace

TEST_CASE("3.4  every layer is called, whatever class it is derived from") {
  about("Sequential::forward");
  nn::Sequential layers;
  layers.append<nn::Identity>().append<Doubled>().append<nn::Identity>().append<Plus>(1.0);
  expect("[1] through Identity, a class derived from it that doubles, Identity, \"plus 1\"",
         layers(tensor({1.0})), tensor({3.0}));
}

TEST_CASE("3.4  what a layer throws comes out as it is") {
  about("Sequential::forward");
  nn::Sequential layers;
  layers.append<Plus>(1.0).append<Does>([](const Tensor&) -> Tensor { throw Error("of a layer"); });
  std::string words;
  try {
    layers(tensor({1.0}));
  } catch (const Error& error) {
    words = error.what();
  }
  expect("the words of the Error that a layer threw", words, std::string("of a layer"));

  nn::Sequential others;
  others.append<Does>([](const Tensor&) -> Tensor { throw std::bad_alloc(); });
  bool is_the_same = false;
  try {
    others(tensor({1.0}));
  } catch (const std::bad_alloc&) {
    is_the_same = true;
  } catch (const std::exception&) {
  }
  expect_that(is_the_same, "a layer threw std::bad_alloc, and something else came out");
}

TEST_CASE("3.4  four threads call one Sequential") {
  about("Sequential::forward");
  nn::Sequential layers;
  for (int i = 0; i < 10; ++i)
    layers.append<Does>([](const Tensor& x) {
      std::this_thread::yield();
      return x + 1;
    });
  expect_that(agree_in_threads(100, [&](int i) { return layers(tensor({100.0 * i})).item(); }),
              "at once, four threads got other results than one after the other: a call has to "
              "keep what it computes to itself");
}

TEST_CASE(
    "3.4  append() takes the layer itself, and returns the Sequential, for the next append()") {
  about("Sequential::append");
  nn::Sequential layers;
  auto layer = std::make_unique<Plus>(1);
  const nn::Module* address = layer.get();
  nn::Sequential& returned = layers.append(std::move(layer));
  expect_that(&returned == &layers,
              "append() returned another Sequential than the one appended to");
  expect_that(&layers[0] == address, "layer 0 is another object than the one that was appended");
  expect("the number of layers", layers.append<nn::Linear>(2, 30).append<nn::ReLU>().size(), 3);
}

TEST_CASE("3.4  eval(), parameters and names reach the layers, which are called once each") {
  nn::Sequential layers;
  layers.append<nn::Linear>(2, 3).append<Times>(2.0).append<nn::Linear>(3, 1, false);
  expect("the names of the parameters", names_of(layers.named_parameters()),
         Names{"0.weight", "0.bias", "2.weight"});
  layers.eval();
  for (std::int64_t i = 0; i < layers.size(); ++i)
    expect("layer " + std::to_string(i) + " is in training mode after eval()",
           layers[i].is_training(), false);
  layers(zeros({4, 2}));
  expect("how often the layer in the middle was called", layers.get<Times>(1).calls, 1);

  nn::Sequential outer;
  outer.append<Plus>(1.0).append<nn::Sequential>();
  outer.get<nn::Sequential>(1).append<Times>(3.0).append<Plus>(0.5);
  expect("[1] through \"plus 1\", (\"times 3\", \"plus 0.5\")", outer(tensor({1.0})),
         tensor({6.5}));
}

TEST_CASE("3.4  a null pointer is refused, and nothing has changed") {
  about("Sequential::append");
  nn::Sequential layers;
  layers.append<Plus>(1.0);
  expect_error(
      "append(nullptr)", [&] { layers.append(nullptr); }, "got a null pointer");
  expect("the number of layers after the error", layers.size(), 1);
  expect("the names of the children after the error", child_names(layers), Names{"0"});
  expect("[1] through \"plus 1\"", layers(tensor({1.0})), tensor({2.0}));
  layers.append<Times>(3.0);
  expect("the names of the children after one more layer", child_names(layers), Names{"0", "1"});
  expect("[1] through \"plus 1\", \"times 3\"", layers(tensor({1.0})), tensor({6.0}));
}

// 3.5 Dropout -------------------------------------------------------------------------------------

namespace {

/// Whether a call has drawn random numbers shows in what would be drawn next.
template <class Call>
void expect_no_draws(const std::string& what, Call&& call) {
  const std::string before = default_generator().state();
  call();
  expect_that(default_generator().state() == before,
              what + ": random numbers were drawn; whoever draws next would get others");
}

/// Each element of y is that of x, divided by `kept`, or 0.
void expect_dropped_or_scaled(const Tensor& y, const Tensor& x, double kept) {
  expect("the shape of y", y.shape(), x.shape());
  expect("the dtype of y", y.dtype(), x.dtype());
  const Tensor scaled = x.detach() / kept;
  expect("y where it is not 0", where(y.detach() == 0, scaled, y.detach()), scaled);
}

}  // namespace

TEST_CASE("3.5  in training, with p = 1/2, an element becomes 0 or twice as large") {
  manual_seed(1);
  nn::Dropout layer(0.5);
  const Tensor x = tensor({1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0, 11.0, 12.0});
  GIVEN(x);
  const Tensor y = layer(x);
  GIVEN(y);
  expect("x, after Dropout", x.to(int64), arange(1, 13));
  expect_dropped_or_scaled(y, x, 0.5);
  const std::int64_t dropped = sum(y == 0).item<std::int64_t>();
  expect_that(dropped > 0 && dropped < 12,
              "of 12 elements, " + std::to_string(dropped) + " were dropped: expected about half");
}

TEST_CASE("3.5  in evaluation, x itself comes back, and no random numbers are drawn") {
  nn::Dropout layer(0.25);
  layer.eval();
  const Tensor x = ones({4});
  expect_no_draws("Dropout(0.25) in evaluation", [&] {
    const Tensor y = layer(x);
    expect("y", y, x);
    expect_that(same_tensor(y, x), "y: expected x itself, got a copy");
  });
}

TEST_CASE("3.5  p is the part that is dropped; the others are divided by 1 − p") {
  manual_seed(0);
  for (const double p : {0.25, 0.1, 0.9}) {
    GIVEN(p);
    nn::Dropout layer(p);
    const Tensor x = ones({100, 100});
    const Tensor y = layer(x);
    const double kept = sum(y != 0).item();
    expect_that(std::abs(kept - 10000 * (1 - p)) < 200,
                "of 10,000 elements, expected about " +
                    std::to_string(std::lround(10000 * (1 - p))) + " that are kept, got " +
                    std::to_string(std::lround(kept)));
    expect_dropped_or_scaled(y, x, 1 - p);
  }
}

TEST_CASE("3.5  p = 0 drops nothing and p = 1 everything, without drawing") {
  Tensor x = tensor({1.0, -2.0}).requires_grad_();
  GIVEN(x);
  nn::Dropout none(0), all(1);
  expect_no_draws("Dropout(0)", [&] {
    const Tensor y = none(x);
    expect("y of Dropout(0)", y, x);
    expect_that(same_tensor(y, x), "y of Dropout(0): expected x itself, got another tensor");
  });
  expect_no_draws("Dropout(1)", [&] {
    const Tensor y = all(x);
    expect("y of Dropout(1)", y, zeros({2}));
    expect_that(y.requires_grad(), "y of Dropout(1) is not part of the graph");
    y.backward(ones({2}));
  });
  expect("dx of Dropout(1)", x.grad(), zeros({2}));
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const double infinity = std::numeric_limits<double>::infinity();
  const Tensor strange = tensor({nan, infinity, -infinity, 1.});
  GIVEN(strange);
  expect("y of Dropout(1), which is x · 0", all(strange), tensor({nan, nan, nan, 0.}));
}

TEST_CASE("3.5  gradients flow through the same mask; each call has a mask of its own") {
  manual_seed(3);
  nn::Dropout layer(0.5);
  Tensor x = ones({50}).requires_grad_();
  const Tensor y = layer(x);
  expect_that(y.requires_grad(), "y is not part of the graph: no gradient would flow to x");
  y.backward(ones({50}));
  expect("dx for x = 1, dy = 1, which has to be y", x.grad(), y.detach());
  expect_that(!equal(layer(x).detach(), y.detach()),
              "two calls in training dropped the same elements");
  layer.eval();
  layer(x);
  layer.train();
  expect_that(!equal(layer(x).detach(), x.detach()),
              "after eval() and train(), nothing was dropped");
}

TEST_CASE("3.5  every shape and dtype, also empty and strided") {
  manual_seed(4);
  nn::Dropout layer(0.5);
  for (const Tensor& x :
       {random_doubles({}), random_doubles({20}), random_doubles({0}), random_doubles({2, 0, 3}),
        random_doubles({3, 4}).transpose(0, 1), random_doubles({3, 4}).to(float32)}) {
    GIVEN(x);
    expect_dropped_or_scaled(layer(x), x, 0.5);
  }
}

TEST_CASE("3.5  thousands of elements along one axis: each is drawn") {
  manual_seed(6);
  nn::Dropout layer(0.5);
  for (const Shape& shape : {Shape{2000}, Shape{1, 2000}, Shape{2000, 1}}) {
    GIVEN(shape);
    const Tensor x = ones(shape), y = layer(x);
    expect_dropped_or_scaled(y, x, 0.5);
    for (std::int64_t begin = 0; begin < 2000; begin += 100) {
      const std::int64_t dropped =
          sum(y.view({2000}).narrow(0, begin, 100) == 0).item<std::int64_t>();
      expect_that(dropped > 10 && dropped < 90,
                  "of the 100 elements from " + std::to_string(begin) + " on, " +
                      std::to_string(dropped) + " were dropped: expected about half");
    }
  }
}

TEST_CASE("3.5  from the same seed, masks, gradients and the next random number are PyTorch's") {
  const TestDevice here(cpu);  // a GPU draws other numbers
  for (const Json& c : load_oracle("nn").at("dropout")) {
    const bool training = c.at("training");
    const std::string of = " of Dropout(" + c.at("p").dump() + ") in " +
                           (training ? "training" : "evaluation") + " for an input of shape " +
                           c.at("input").at("shape").dump();
    Tensor x = to_tensor(c.at("input")).requires_grad_();
    GIVEN(x);
    nn::Dropout layer(c.at("p"));
    layer.train(training);
    manual_seed(c.at("seed"));
    const Tensor y = layer(x);
    expect("y" + of, y, to_tensor(c.at("output")));
    expect("the random number that comes after y" + of, rand({1}),
           to_tensor(Json{c.at("rand_after")}, {1}, float32), exact);
    y.backward(to_tensor(c.at("cotangent"), y.shape(), float32));
    expect("dx" + of, x.grad(), to_tensor(c.at("input_grad"), x.shape(), float32));
  }
}
