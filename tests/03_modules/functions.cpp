/// Embeddings, layer normalisation, and modules that hold others.
#include <doctest/doctest.h>

#include "kindling/autograd.h"
#include "kindling/nn.h"
#include "kindling/ops.h"
#include "testing/oracle.h"

using namespace kindling;
using namespace kindling::testing;

namespace {

/// A case of nn.json's functions.
Tensor evaluate(const Json& c, const Tensors& x) {
  const Json& args = c.at("args");
  if (c.at("op") == "embedding") {
    std::optional<std::int64_t> padding;
    if (args.contains("padding_idx")) padding = args.at("padding_idx").get<std::int64_t>();
    return embedding(x[0], x[1], padding);
  }
  const Shape row = to_shape(args.at("shape"));
  const double eps = args.value("eps", 1e-5);
  return x.size() == 1 ? layer_norm(x[0], row, {}, {}, eps)
                       : layer_norm(x[0], row, x[1], x[2], eps);
}

}  // namespace

TEST_CASE("embeddings and layer normalisation are PyTorch's, and so are their gradients") {
  int checked = 0;
  for (const Json& c : load_oracle("nn").at("functions")) {
    const std::string what = c.at("op").get<std::string>() + " " + c.at("args").dump();
    Tensors inputs;
    for (const Json& input : c.at("inputs")) {
      inputs.push_back(to_tensor(input));
      if (inputs.back().is_floating_point()) inputs.back().requires_grad_();
    }
    const Tensor out = evaluate(c, inputs);
    check_close(what, out, to_tensor(c.at("outputs")[0]));
    CHECK_MESSAGE(out.grad_fn() == c.at("grad_fn").get<std::string>(), what);
    out.backward(to_tensor(c.at("cotangents")[0], out.shape(), out.dtype()));
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      if (c.at("grads")[i].is_null()) continue;
      check_close(what + ", gradient", inputs[i].grad(),
                  to_tensor(c.at("grads")[i], inputs[i].shape(), inputs[i].dtype()));
      ++checked;
    }
  }
  CHECK(checked == 30);
}

TEST_CASE("embeddings and layer normalisation pass gradcheck") {
  manual_seed(1);
  const Tensor indices = tensor({{1, 0, 3}, {3, 3, 2}});
  const auto leaf = [](const Shape& shape) { return randn(shape, float64).requires_grad_(); };
  const auto check = [](const std::function<Tensor(const Tensors&)>& f, const Tensors& inputs) {
    const GradcheckResult result = gradcheck(f, inputs);
    CHECK_MESSAGE(result.ok, result.message);
  };
  check([&](const Tensors& x) { return embedding(indices, x[0]); }, {leaf({4, 3})});
  check([&](const Tensors& x) { return embedding(indices, x[0].T()); }, {leaf({3, 4})});
  for (const Shape& shape : {Shape{4}, Shape{2, 4}, Shape{3, 2, 4}, Shape{1, 4}, Shape{0, 4}}) {
    check([](const Tensors& x) { return layer_norm(x[0], {4}, x[1], x[2]); },
          {leaf(shape), leaf({4}), leaf({4})});
    check([](const Tensors& x) { return layer_norm(x[0], {4}); }, {leaf(shape)});
  }
  check(
      [](const Tensors& x) {
        return layer_norm(x[0].transpose(0, 2), {3, 2}, x[1].T(), x[2]);
      },
      {leaf({2, 3, 5}), leaf({2, 3}), leaf({3, 2})});
}

TEST_CASE("embedding and layer_norm say what does not fit") {
  const Tensor weight = ones({3, 2});
  CHECK_THROWS_WITH_AS(embedding(ones({2}), weight),
                       "embedding: expected int64 indices, got float32", Error);
  CHECK_THROWS_WITH_AS(embedding(tensor({0}), ones({3})),
                       "embedding: expected a weight of shape [rows, n], got [3]", Error);
  CHECK_THROWS_AS(embedding(tensor({0, 3}), weight), Error);
  CHECK_THROWS_WITH_AS(embedding(tensor({0}), weight, 3),
                       "embedding: padding_idx 3 must be within the 3 rows of the weight", Error);
  CHECK_THROWS_WITH_AS(layer_norm(weight, {3}),
                       "layer_norm: given normalized_shape=[3], expected an input whose last axes "
                       "are those, got [3, 2]",
                       Error);
  CHECK_THROWS_WITH_AS(layer_norm(weight, {2}, ones({3})),
                       "layer_norm: expected a weight of shape [2] and dtype float32, got [3] and "
                       "float32",
                       Error);
  CHECK_THROWS_AS(layer_norm(tensor({1, 2}), {2}), Error);
  CHECK_THROWS_AS(layer_norm(weight, {}), Error);
  CHECK_THROWS_AS(nn::LayerNorm(Shape{}), Error);
  CHECK_THROWS_AS(nn::Embedding(-1, 2), Error);
  CHECK_THROWS_AS(nn::Embedding(3, 2, 3), Error);
}

TEST_CASE("Embedding draws a normal table, and its padding stays 0") {
  manual_seed(5);
  const Tensor expected = randn({4, 3});
  manual_seed(5);
  nn::Embedding table(4, 3, -1);
  CHECK(equal(table.weight.detach().narrow(0, 0, 3), expected.narrow(0, 0, 3)));
  CHECK(equal(table.weight.detach()[3], zeros({3})));
  const Tensor rows = table(tensor({{0, 3}, {1, 1}}));
  CHECK(rows.shape() == Shape{2, 2, 3});
  sum(rows).backward();
  check_close("its gradient", table.weight.grad(),
              tensor({{1., 1., 1.}, {2., 2., 2.}, {0., 0., 0.}, {0., 0., 0.}}), exact);
}

TEST_CASE("LayerNorm begins with rows of mean 0 and variance 1") {
  manual_seed(6);
  nn::LayerNorm norm(50);
  const Tensor x = randn({7, 50}) * 3 + 5, y = norm(x);
  check_close("mean", mean(y, 1).detach(), zeros({7}), {1e-6, 1e-6});
  check_close("variance", var(y, 1, false, 0).detach(), ones({7}), {1e-4, 0});
  CHECK(norm.num_parameters() == 100);
  CHECK(nn::LayerNorm(50, 1e-5, false).num_parameters() == 0);
}

TEST_CASE("ModuleList: modules in order, whose names are numbers") {
  nn::ModuleList list;
  nn::Linear& first = list.append<nn::Linear>(2, 3);
  list.append(std::make_unique<nn::ReLU>());
  CHECK(list.size() == 2);
  CHECK(&list[0] == &first);
  CHECK(&list[-2] == &first);
  CHECK(&list.get<nn::Linear>(0) == &first);
  CHECK_THROWS_AS(list.get<nn::Linear>(1), Error);
  CHECK_THROWS_WITH_AS(list[2], "ModuleList: index 2 is out of range for 2 modules", Error);
  CHECK_THROWS_AS(list.append(std::unique_ptr<nn::Module>()), Error);
  CHECK(list.size() == 2);
  CHECK_THROWS_AS(list(ones({2})), Error);  // no forward()
  std::int64_t count = 0;
  for (nn::Module* module : list) count += module == &list[count];
  CHECK(count == 2);
  CHECK(list.named_parameters()[0].first == "0.weight");
  CHECK(to_string(list) ==
        "ModuleList(\n  (0): Linear(in_features=2, out_features=3, bias=True)\n"
        "  (1): ReLU()\n)");
}

TEST_CASE("ModuleDict: modules by name, in the order in which they came") {
  nn::ModuleDict dict;
  dict.insert<nn::Linear>("left", 2, 3);
  dict.insert("act", std::make_unique<nn::ReLU>());
  CHECK(dict.size() == 2);
  CHECK(dict.keys() == std::vector<std::string>{"left", "act"});
  CHECK(dict.contains("act"));
  CHECK_FALSE(dict.contains("right"));
  CHECK(dict.get<nn::Linear>("left").weight.shape() == Shape{3, 2});
  CHECK_THROWS_AS(dict.get<nn::Linear>("act"), Error);
  CHECK_THROWS_WITH_AS(dict["right"], "ModuleDict: there is no module 'right' among 2", Error);
  CHECK_THROWS_AS(dict.insert<nn::ReLU>("act"), Error);
  CHECK_THROWS_AS(dict.insert<nn::ReLU>("a.b"), Error);
  CHECK(to_string(dict) ==
        "ModuleDict(\n  (left): Linear(in_features=2, out_features=3, bias=True)\n"
        "  (act): ReLU()\n)");
}
