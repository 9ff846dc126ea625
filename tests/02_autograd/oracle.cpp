#include <doctest/doctest.h>

#include "testing/oracle_ops.h"

using namespace kindling::testing;

TEST_CASE("every operation gives PyTorch's gradients, and its name for the graph node") {
  int checked = 0;
  for (const Json& c : load_oracle("ops").at("cases")) {
    const auto op = oracle_ops().find(c.at("op"));
    if (op != oracle_ops().end()) checked += check_gradients(c, op->second);
  }
  CHECK(checked == 1557);  // of 1574; 17 are of log_softmax, which comes with chapter 4
}
