#include "kindling/module.h"

#include <doctest/doctest.h>

#include <sstream>

#include "kindling/autograd.h"
#include "kindling/ops.h"

using namespace kindling;

namespace {

/// y = x · scale + shift, with a buffer that counts calls. It needs no layer, so that what a Module
/// does is tested alone.
struct Affine : nn::Module {
  Tensor& scale = parameter("scale", tensor({2.0, 3.0}));
  Tensor& calls = buffer("calls", tensor(0));
  Tensor& shift = parameter("shift", tensor({1.0}));
  Tensor forward(const Tensor& x) override {
    calls.add_(1);
    return x * scale + shift;
  }
};

struct Tower : nn::Module {
  Affine& below = add<Affine>("below");
  Tensor& bias = parameter("bias", tensor({0.5}));
  Affine& above = add<Affine>("above");
  Tensor forward(const Tensor& x) override { return above(below(x)) + bias; }
};

struct City : nn::Module {
  Tower& tower = add<Tower>("tower");
};

template <class T>
struct Templated : nn::Module {};

/// Lets a test reach what a subclass would call.
struct Open : nn::Module {
  using Module::add;
  using Module::buffer;
  using Module::parameter;
};

std::vector<std::string> names_of(const NamedTensors& named) {
  std::vector<std::string> names;
  for (const auto& [name, tensor] : named) names.push_back(name);
  return names;
}

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("3.1 named_parameters: own ones first, then child by child, with the path in front") {
  CHECK(names_of(Affine().named_parameters()) == Names{"scale", "shift"});
  CHECK(names_of(City().named_parameters()) == Names{"tower.bias", "tower.below.scale",
                                                     "tower.below.shift", "tower.above.scale",
                                                     "tower.above.shift"});
  CHECK(Templated<int>().named_parameters().empty());
}

TEST_CASE("3.1 named_parameters: the very tensors, not copies of them") {
  Tower tower;
  const NamedTensors found = tower.named_parameters();
  REQUIRE(found.size() == 5);
  CHECK(found[0].second.shared_impl() == tower.bias.shared_impl());
  CHECK(found[4].second.shared_impl() == tower.above.shift.shared_impl());
  CHECK(found[4].second.requires_grad());
}

TEST_CASE("3.1 named_parameters: absent ones are left out") {
  Open module;
  module.parameter("weight", tensor({1.0}));
  CHECK_FALSE(module.parameter("bias", Tensor()).defined());
  module.buffer("mask", Tensor());
  CHECK(names_of(module.named_parameters()) == Names{"weight"});
  CHECK(names_of(module.named_buffers()).empty());
}

TEST_CASE("parameters: a shared one is given to the optimiser once, but listed under each name") {
  Open module;
  Tensor shared = tensor({1.0, 2.0});
  module.parameter("a", shared);
  module.parameter("b", shared);
  CHECK(names_of(module.named_parameters()) == Names{"a", "b"});
  CHECK(module.parameters().size() == 1);
  CHECK(module.num_parameters() == 2);
}

TEST_CASE("buffers, children and modules by name") {
  City city;
  CHECK(names_of(city.named_buffers()) == Names{"tower.below.calls", "tower.above.calls"});
  city.tower(tensor({1.0, 1.0}));
  CHECK(city.named_buffers()[1].second.item<int>() == 1);

  const auto children = city.tower.named_children();
  REQUIRE(children.size() == 2);
  CHECK(children[0].first == "below");
  CHECK(children[1].second == &city.tower.above);

  Names paths;
  for (const auto& [path, module] : city.named_modules()) paths.push_back(path);
  CHECK(paths == Names{"", "tower", "tower.below", "tower.above"});
  CHECK(city.named_modules()[0].second == &city);
}

TEST_CASE("train and eval reach every module") {
  City city;
  CHECK(city.tower.above.is_training());
  city.eval();
  for (const auto& [path, module] : city.named_modules()) CHECK_FALSE(module->is_training());
  city.tower.train();
  CHECK_FALSE(city.is_training());
  CHECK(city.tower.below.is_training());
}

TEST_CASE("a module is trained by backward(), and zero_grad takes the gradients away") {
  Tower tower;
  sum(tower(tensor({1.0, 1.0}))).backward();  // y = (x s + t) s' + t' + b
  CHECK(tower.bias.grad().to_vector<double>() == std::vector<double>{2});
  CHECK(tower.below.scale.grad().to_vector<double>() == std::vector<double>{2, 3});
  tower.zero_grad();
  for (const Tensor& parameter : tower.parameters()) CHECK_FALSE(parameter.grad().defined());
}

TEST_CASE("freezing") {
  Tower tower;
  CHECK(tower.num_parameters() == 7);
  tower.below.requires_grad_(false);
  CHECK(tower.num_parameters() == 4);
  sum(tower(tensor({1.0, 1.0}))).backward();
  CHECK_FALSE(tower.below.scale.grad().defined());
  CHECK(tower.above.scale.grad().defined());
  tower.requires_grad_();
  CHECK(tower.num_parameters() == 7);
}

TEST_CASE(
    "to(dtype) converts the same tensor objects, with their gradients; integer buffers stay") {
  Tower tower;
  sum(tower(tensor({1.0, 1.0}))).backward();
  const Tensor held_by_optimiser = tower.below.scale;
  tower.to(float64);
  CHECK(held_by_optimiser.dtype() == float64);
  CHECK(held_by_optimiser.grad().dtype() == float64);
  CHECK(held_by_optimiser.requires_grad());
  CHECK(tower.below.calls.dtype() == int64);
  CHECK(tower.below.scale.to_vector<double>() == std::vector<double>{2, 3});

  tower.zero_grad();
  const Tensor y = tower(tensor({1.0, 1.0}, float64));
  CHECK(y.dtype() == float64);
  sum(y).backward();
  CHECK(held_by_optimiser.grad().to_vector<double>() == std::vector<double>{2, 3});
  CHECK_THROWS_WITH_AS(tower.to(int64),
                       doctest::Contains("only accepts floating point dtypes, but got int64"),
                       Error);
}

TEST_CASE("to(dtype) for which there is no memory changes nothing") {
  struct Half : nn::Module {
    Tensor& first = parameter("first", tensor({1.0, 2.0}));
    // One element as it is, and more bytes than an int64 can count once they are converted.
    Tensor& second = buffer("second", zeros({1}).expand({std::int64_t{1} << 60}));
  };
  Half half;
  sum(half.first * 3.0).backward();
  CHECK_THROWS(half.to(float64));
  CHECK(half.first.dtype() == float32);
  CHECK(half.first.grad().dtype() == float32);
  CHECK(half.second.dtype() == float32);
}

TEST_CASE("to(dtype) of a tensor that two modules share: it stays one") {
  struct Shared : nn::Module {
    Tensor& weight;
    explicit Shared(const Tensor& given) : weight(parameter("weight", given)) {}
  };
  struct Pair : nn::Module {
    Shared& a = add<Shared>("a", tensor({1.0, 2.0}));
    Shared& b = add<Shared>("b", a.weight);
  };
  Pair pair;
  REQUIRE(pair.parameters().size() == 1);
  pair.to(float64);
  CHECK(pair.parameters().size() == 1);
  CHECK(pair.a.weight.dtype() == float64);
  CHECK(pair.a.weight.to_vector<double>() == std::vector<double>{1, 2});
  CHECK(pair.b.weight.data_ptr<double>() == pair.a.weight.data_ptr<double>());
}

TEST_CASE("to(device) that is not there changes nothing") {
  Tower tower;
  CHECK_THROWS_AS(tower.to(Device{Device::Type::cuda, 99}), Error);
  CHECK(tower.below.scale.device() == cpu);
  CHECK(tower.to(cpu).named_modules().size() == 3);
}

TEST_CASE("names that would not lead anywhere are refused, and nothing is added") {
  Open module;
  module.parameter("weight", tensor({1.0}));
  CHECK_THROWS_WITH_AS(module.parameter("weight", tensor({1.0})),
                       doctest::Contains("the parameter name \"weight\" is taken"), Error);
  CHECK_THROWS_WITH_AS(module.buffer("weight", tensor({1.0})),
                       doctest::Contains("\"weight\" is taken"), Error);
  CHECK_THROWS_WITH_AS(module.add<Affine>("weight"),
                       doctest::Contains("the module name \"weight\" is taken"), Error);
  CHECK_THROWS_WITH_AS(module.add<Affine>("a.b"), "module name can't contain \".\", got: a.b",
                       Error);
  CHECK_THROWS_WITH_AS(module.buffer("", tensor({1.0})), "buffer name can't be empty", Error);
  CHECK_THROWS_WITH_AS(module.add("none", nullptr), doctest::Contains("null pointer"), Error);
  CHECK(module.named_children().empty());
  CHECK(module.named_buffers().empty());
}

TEST_CASE("what cannot be a parameter") {
  Open module;
  CHECK_THROWS_WITH_AS(module.parameter("labels", tensor({1, 2})),
                       doctest::Contains("floating point"), Error);
  const Tensor leaf = tensor({1.0}).requires_grad_();
  CHECK_THROWS_WITH_AS(module.parameter("product", leaf * 2),
                       doctest::Contains("expected a leaf, got the result of MulBackward0"), Error);
  CHECK(module.parameters().empty());
}

TEST_CASE("a module without forward() says so") {
  CHECK_THROWS_WITH_AS(City()(tensor({1.0})),
                       "Module [City] is missing the required \"forward\" function", Error);
}

TEST_CASE("the name is the class's own") {
  struct Local : nn::Module {};
  CHECK(Local().name() == "Local");
  CHECK(Templated<std::vector<int>>().name() == "Templated");
  CHECK(Tower().name() == "Tower");
}

TEST_CASE("printing") {
  CHECK(to_string(City()) ==
        "City(\n  (tower): Tower(\n    (below): Affine()\n    (above): Affine()\n  )\n)");
  struct Wordy : nn::Module {
    explicit Wordy(bool with_child) {
      if (with_child) add<Affine>("child");
    }
    std::string extra_repr() const override { return "first\nsecond"; }
  };
  CHECK(to_string(Wordy(false)) == "Wordy(\n  first\n  second\n)");
  CHECK(to_string(Wordy(true)) == "Wordy(\n  first\n  second\n  (child): Affine()\n)");
  std::ostringstream out;
  out << Affine();
  CHECK(out.str() == "Affine()");
}

TEST_CASE("numbers as Python prints them") {
  CHECK(nn::repr(0.5) == "0.5");
  CHECK(nn::repr(0.1) == "0.1");
  CHECK(nn::repr(1) == "1.0");
  CHECK(nn::repr(0) == "0.0");
  CHECK(nn::repr(1e-5) == "1e-05");
}
