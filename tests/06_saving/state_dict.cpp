#include <algorithm>
#include <sstream>

#include "kindling/nn.h"
#include "kindling/ops.h"
#include "testing/allocations.h"
#include "testing/files.h"
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

/// A parameter and a buffer on each of two levels.
struct Inner : nn::Module {
  Tensor& mean = buffer("mean", zeros({2}));
  Tensor& scale = parameter("scale", ones({2}));
  Tensor& absent = parameter("absent", Tensor());
  Tensor& count = buffer("count", zeros({}, int64));
};
struct Outer : nn::Module {
  Inner& inner = add<Inner>("inner");
  Tensor& weight = parameter("weight", ones({3, 2}));
  Tensor& mask = buffer("mask", tensor({true, false}));
};

std::vector<std::string> names_of(const StateDict& state) {
  std::vector<std::string> names;
  for (const auto& [name, tensor] : state) names.push_back(name);
  return names;
}

StateDict clones(const StateDict& state) {
  StateDict copies;
  for (const auto& [name, tensor] : state) copies.emplace_back(name, tensor.clone());
  return copies;
}

bool same(const StateDict& a, const StateDict& b) {
  return std::ranges::equal(a, b, [](const auto& x, const auto& y) {
    return x.first == y.first && equal(x.second, y.second);
  });
}

std::string text_of(const IncompatibleKeys& keys) { return (std::ostringstream() << keys).str(); }

}  // namespace

TEST_CASE("state_dict has PyTorch's names in PyTorch's order") {
  CHECK(names_of(NeuralNetwork(2, 2).state_dict()) ==
        std::vector<std::string>{"layers.0.weight", "layers.0.bias", "layers.2.weight",
                                 "layers.2.bias", "layers.4.weight", "layers.4.bias"});
  // Of a module before those of its children; its parameters before its buffers; absent ones not at
  // all.
  CHECK(names_of(Outer().state_dict()) ==
        std::vector<std::string>{"weight", "mask", "inner.scale", "inner.mean", "inner.count"});
  CHECK(nn::ReLU().state_dict().empty());
}

TEST_CASE("state_dict shares the memory and is outside of the graph") {
  Outer model;
  for (const auto& [name, tensor] : model.state_dict()) {
    CHECK_FALSE(tensor.requires_grad());
    if (name == "weight") CHECK(tensor.storage() == model.weight.storage());
  }
}

TEST_CASE("load_state_dict copies into the same parameters") {
  manual_seed(1);
  NeuralNetwork trained(4, 3), fresh(4, 3);
  const Tensors held = fresh.parameters();
  const Tensor x = rand({5, 4});
  CHECK_FALSE(equal(trained(x), fresh(x)));
  CHECK(text_of(fresh.load_state_dict(trained.state_dict())) == "<All keys matched successfully>");
  CHECK(equal(trained(x), fresh(x)));
  for (const Tensor& parameter : held) CHECK(parameter.requires_grad());
  CHECK(held[0].shared_impl() == fresh.parameters()[0].shared_impl());
  CHECK_FALSE(held[0].storage() == trained.parameters()[0].storage());
  CHECK(text_of(fresh.load_state_dict(fresh.state_dict())) ==
        "<All keys matched successfully>");  // of itself
}

TEST_CASE("The tutorial's trained network, from PyTorch's state_dict") {
  const Json& hour = load_oracle("nn")["hour"];
  StateDict state;
  for (const auto& [name, described] : hour["state"].items())
    state.emplace_back(name, to_tensor(described));
  NeuralNetwork model(2, 2);
  CHECK(text_of(model.load_state_dict(state)) == hour["load_state_dict"].get<std::string>());
  const Tensor x = tensor({{-1.2, 3.1}, {-0.9, 2.9}, {-0.5, 2.6}, {2.3, -1.1}, {2.7, -1.5}});
  check_close("logits", model(x).detach(), to_tensor(hour["logits"]), {1e-5, 1e-5});
}

TEST_CASE("load_state_dict converts dtypes, reads strided tensors, and leaves the source alone") {
  Outer model;
  StateDict state = clones(model.state_dict());
  state[0].second = arange(6).reshape({2, 3}).T();  // int64, strided
  model.load_state_dict(state);
  CHECK(equal(model.weight.detach(), tensor({{0., 3.}, {1., 4.}, {2., 5.}})));
  model.weight.detach().fill_(7);
  CHECK(state[0].second[0][1].item() == 3);
}

TEST_CASE("Whenever memory runs out, a state is loaded as a whole or not at all") {
  Outer model;
  StateDict state;  // of other dtypes, and with strides: each has to be converted
  for (const auto& [name, tensor] : model.state_dict())
    state.emplace_back(
        name, tensor.dtype() == bool_ ? logical_not(tensor) : (tensor + 5).to(float64).clone());
  state[0].second = full({2, 3}, 5, float64).T();
  const StateDict before = clones(model.state_dict());
  int refused = 0;
  for (int successes = 0;; ++successes) {
    bool has_failed = false;
    try {
      const FailingAllocation failing(successes);
      model.load_state_dict(state);
      has_failed = failing.has_happened();
    } catch (const std::exception&) {
      ++refused;
      REQUIRE_MESSAGE(same(model.state_dict(), before), "after " << successes << " successes");
      continue;
    }
    if (!has_failed) break;         // all have had their turn
    model.load_state_dict(before);  // some can be done without
  }
  MESSAGE(refused << " times");
  CHECK(refused > 20);
  CHECK(equal(model.weight.detach(), full({3, 2}, 5.)));
  CHECK(equal(model.inner.mean, full({2}, 5.)));
  CHECK(equal(model.inner.count, tensor(5)));
  CHECK(equal(model.mask, tensor({false, true})));
}

TEST_CASE("A module's own tensors may be loaded under each other's names") {
  struct Pair : nn::Module {
    Tensor& a = parameter("a", tensor({1., 2.}));
    Tensor& b = parameter("b", tensor({3., 4.}));
  } pair;
  pair.load_state_dict({{"a", pair.b.detach()}, {"b", pair.a.detach()}});
  CHECK(equal(pair.a.detach(), tensor({3., 4.})));
  CHECK(equal(pair.b.detach(), tensor({1., 2.})));
}

TEST_CASE("A module whose parameters have strides is loaded, too") {
  struct Strided : nn::Module {
    Tensor& a = parameter("a", arange(6.).reshape({2, 3}).T().detach());
  } module;
  module.load_state_dict({{"a", tensor({{1., 2.}, {3., 4.}, {5., 6.}})}});
  CHECK(equal(module.a.detach(), tensor({{1., 2.}, {3., 4.}, {5., 6.}})));
}

TEST_CASE("All that is wrong is listed at once, and nothing changes") {
  NeuralNetwork model(2, 2);
  const StateDict before = clones(model.state_dict());
  StateDict bad = NeuralNetwork(50, 2).state_dict();
  bad.erase(bad.begin() + 1, bad.begin() + 3);
  bad.emplace_back("layers.9.weight", zeros({1}));
  bad.emplace_back("extra", zeros({1}));
  CHECK(message_of([&] { model.load_state_dict(bad); }) ==
        "Error(s) in loading state_dict for NeuralNetwork:\n"
        "\tMissing key(s) in state_dict: \"layers.0.bias\", \"layers.2.weight\". \n"
        "\tUnexpected key(s) in state_dict: \"layers.9.weight\", \"extra\". \n"
        "\tsize mismatch for layers.0.weight: copying a param with shape [30, 50] from checkpoint, "
        "the shape in current model is [30, 2].");
  CHECK(same(model.state_dict(), before));

  // Not strict, names are forgiven; shapes are not.
  CHECK(message_of([&] { model.load_state_dict(bad, false); }) ==
        "Error(s) in loading state_dict for NeuralNetwork:\n"
        "\tsize mismatch for layers.0.weight: copying a param with shape [30, 50] from checkpoint, "
        "the shape in current model is [30, 2].");
  CHECK(same(model.state_dict(), before));

  StateDict twice = clones(before);
  twice.push_back(twice[3]);
  CHECK_FAILS(model.load_state_dict(twice), "\n\tduplicate key in state_dict: layers.2.bias.");
  CHECK(same(model.state_dict(), before));
}

TEST_CASE("Not strict, what fits is loaded and the rest returned") {
  Outer model;
  StateDict state{
      {"weight", full({3, 2}, 5.)}, {"inner.mean", full({2}, 6.)}, {"foreign", zeros({})}};
  const IncompatibleKeys keys = model.load_state_dict(state, false);
  CHECK(keys.missing_keys == std::vector<std::string>{"mask", "inner.scale", "inner.count"});
  CHECK(keys.unexpected_keys == std::vector<std::string>{"foreign"});
  CHECK(text_of(keys) ==
        "_IncompatibleKeys(missing_keys=['mask', 'inner.scale', 'inner.count'], "
        "unexpected_keys=['foreign'])");
  CHECK(model.weight.detach()[0][0].item() == 5);
  CHECK(model.inner.mean[0].item() == 6);
  CHECK(model.inner.scale.detach()[0].item() == 1);
}

TEST_CASE("A model that is shaped by nothing loads nothing") {
  nn::ReLU relu;
  CHECK(text_of(relu.load_state_dict({})) == "<All keys matched successfully>");
  CHECK_FAILS(relu.load_state_dict({{"w", zeros({})}}),
              "Error(s) in loading state_dict for ReLU:\n\tUnexpected key(s)");
  CHECK_FAILS(Outer().load_state_dict({{"weight", Tensor()}}), "Missing key(s)");
}
