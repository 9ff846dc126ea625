#include "kindling/init.h"

#include <doctest/doctest.h>

#include <map>

#include "kindling/ops.h"
#include "testing/oracle.h"

using namespace kindling;
using namespace kindling::testing;
namespace init = kindling::nn::init;

namespace {

init::Nonlinearity to_nonlinearity(const std::string& name) {
  using enum init::Nonlinearity;
  const std::map<std::string, init::Nonlinearity> known{{"linear", linear},
                                                        {"sigmoid", sigmoid},
                                                        {"tanh", init::Nonlinearity::tanh},
                                                        {"relu", relu},
                                                        {"leaky_relu", leaky_relu}};
  return known.at(name);
}

init::KaimingOptions to_kaiming(const Json& args) {
  return {.a = args.value("a", 0.0),
          .mode = args.value("mode", "fan_in") == "fan_in" ? init::Fan::fan_in : init::Fan::fan_out,
          .nonlinearity = to_nonlinearity(args.value("nonlinearity", "leaky_relu"))};
}

Tensor fill(const std::string& name, const Tensor& t, const Json& args) {
  if (name == "uniform_") return init::uniform_(t, args.value("a", 0.0), args.value("b", 1.0));
  if (name == "normal_") return init::normal_(t, args.value("mean", 0.0), args.value("std", 1.0));
  if (name == "constant_") return init::constant_(t, args.at("val"));
  if (name == "zeros_") return init::zeros_(t);
  if (name == "ones_") return init::ones_(t);
  if (name == "eye_") return init::eye_(t);
  if (name == "xavier_uniform_") return init::xavier_uniform_(t, args.value("gain", 1.0));
  if (name == "xavier_normal_") return init::xavier_normal_(t, args.value("gain", 1.0));
  if (name == "kaiming_uniform_") return init::kaiming_uniform_(t, to_kaiming(args));
  if (name == "kaiming_normal_") return init::kaiming_normal_(t, to_kaiming(args));
  fail("nn.json has an initialiser that this test does not know: ", name);
}

}  // namespace

TEST_CASE("every initialiser gives PyTorch's numbers") {
  for (const Json& c : load_oracle("nn").at("init")) {
    const std::string name = c.at("init");
    const std::string what = name + " " + c.at("args").dump() + " " + c.at("shape").dump();
    manual_seed(c.at("seed"));
    Tensor t = full(to_shape(c.at("shape")), 7, to_dtype(c.at("dtype").get<std::string>()))
                   .requires_grad_();
    const Tensor returned = fill(name, t, c.at("args"));
    CHECK(returned.shared_impl() == t.shared_impl());
    check_close(what, t.detach(), to_tensor(c));
    check_close(what + ", the next random number", rand({1}),
                to_tensor(Json{c.at("rand_after")}, {1}, float32), exact);
  }
}

TEST_CASE("gains") {
  for (const Json& c : load_oracle("nn").at("gains"))
    CHECK(init::calculate_gain(to_nonlinearity(c[0])) ==
          doctest::Approx(c[1].get<double>()).epsilon(1e-15));
}

TEST_CASE("initialisers fill views where they lie") {
  Tensor whole = zeros({4, 3});
  init::eye_(whole.narrow(0, 1, 2).T());
  CHECK(whole.to_vector<int>() == std::vector<int>{0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0});
}

TEST_CASE("initialisers: wrong tensors") {
  CHECK_THROWS_WITH_AS(init::xavier_uniform_(zeros({3})),
                       doctest::Contains("xavier_uniform_: fan in and fan out"), Error);
  CHECK_THROWS_WITH_AS(init::kaiming_normal_(zeros({3})), doctest::Contains("kaiming_normal_"),
                       Error);
  CHECK_THROWS_AS(init::eye_(zeros({3})), Error);
  CHECK_THROWS_AS(init::uniform_(zeros({3}), 1, 0), Error);
  CHECK_THROWS_AS(init::normal_(zeros({3}), 0, -1), Error);
  CHECK(init::kaiming_uniform_(zeros({3, 0})).numel() == 0);
}
