#include <doctest/doctest.h>

#include "kindling/loss.h"
#include "testing/oracle_ops.h"

using namespace kindling;
using namespace kindling::testing;

TEST_CASE("log_softmax gives PyTorch's numbers and gradients") {
  const OracleOp op = [](const Tensors& x, const Json& args) -> Tensors {
    return {log_softmax(x.at(0), args.at("dim").get<std::int64_t>())};
  };
  int ran = 0, with_gradients = 0;
  for (const Json& c : load_oracle("ops").at("cases")) {
    if (c.at("op") != "log_softmax") continue;
    check_outputs(c, op);
    with_gradients += check_gradients(c, op);
    ++ran;
  }
  CHECK(ran == 18);
  CHECK(with_gradients == 17);
}
