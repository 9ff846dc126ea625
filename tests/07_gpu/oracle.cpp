/// Everything that PyTorch computed for the tests of chapters 1 to 4, computed on cuda.
#include <doctest/doctest.h>

#include "kindling/cuda.h"
#include "kindling/loss.h"
#include "testing/oracle_ops.h"

using namespace kindling;
using namespace kindling::testing;

static OracleOp find_op(const Json& c) {
  if (c.at("op") == "log_softmax")
    return [](const Tensors& x, const Json& args) -> Tensors {
      return {log_softmax(x.at(0), args.at("dim").get<std::int64_t>())};
    };
  const auto found = oracle_ops().find(c.at("op"));
  return found == oracle_ops().end() ? OracleOp() : found->second;
}

TEST_CASE("every operation gives PyTorch's numbers on cuda") {
  if (!cuda::is_available()) return;
  const TestDevice on(cuda_device);
  int ran = 0;
  for (const Json& c : load_oracle("ops").at("cases"))
    if (const OracleOp op = find_op(c)) {
      check_outputs(c, op);
      ++ran;
    }
  CHECK(ran > 2400);
  cuda::synchronize();
}

TEST_CASE("every operation gives PyTorch's gradients on cuda") {
  if (!cuda::is_available()) return;
  const TestDevice on(cuda_device);
  int checked = 0;
  for (const Json& c : load_oracle("ops").at("cases"))
    if (const OracleOp op = find_op(c)) checked += check_gradients(c, op);
  CHECK(checked == 1574);
}
