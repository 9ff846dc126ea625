#include <doctest/doctest.h>

#include <sstream>

#include "kindling/ops.h"
#include "testing/oracle.h"

using namespace kindling;
using namespace kindling::testing;

namespace {

/// Writes torch.float64 as Kindling does.
std::string without_torch(std::string text) {
  const std::string prefix = "torch.";
  for (std::size_t at; (at = text.find(prefix)) != std::string::npos;)
    text.erase(at, prefix.size());
  return text;
}

Tensor make(const Json& described) {
  if (described.contains("data")) return to_tensor(described);
  const Shape shape = to_shape(described.at("shape"));
  const double start = described.at("arange")[0], step = described.at("arange")[1];
  return (arange(numel(shape)).to(float64) * step + start)
      .to(to_dtype(described.at("dtype").get<std::string>()))
      .view(shape);
}

/// A result that carries the name of the oracle's operation. The name is all that the text shows of
/// an operation, and log_softmax comes later (chapter 4): its numbers are put together from earlier
/// operations.
Tensor run_operation(const std::string& op, const Tensor& x) {
  if (op == "mul") return x * 1;
  if (op == "neg") return -x;
  if (op == "sum") return sum(x);
  if (op == "sigmoid") return sigmoid(x);
  if (op == "mm") return matmul(x, eye(x.size(1), x.dtype()));
  if (op == "log_softmax") {
    const Tensor out = x.detach() - logsumexp(x.detach(), -1, true);
    return record(out, "LogSoftmaxBackward0", {x},
                  [](const Tensor& grad) -> Tensors { return {grad}; });
  }
  fail("print.json has an operation that this test does not know: ", op);
}

Tensor make_case(const Json& c) {
  Tensor x = make(c.at("make"));
  const std::string kind = c.at("kind");
  if (kind == "plain") return x;
  x.requires_grad_();
  return kind == "grad_fn" ? run_operation(c.at("op"), x) : x;
}

struct WithOptions {
  PrintOptions before = print_options();
  explicit WithOptions(PrintOptions options) { print_options() = options; }
  ~WithOptions() { print_options() = before; }
};

}  // namespace

TEST_CASE("every text of print.json, to the character") {
  const TestDevice here(cpu);  // elsewhere, the device would be printed, too
  const Json& cases = load_oracle("print").at("cases");
  for (const Json& c : cases) {
    const std::string expected = without_torch(c.at("text"));
    const std::string got = to_string(make_case(c));
    CHECK_MESSAGE(got == expected, "expected\n", expected, "\ngot\n", got);
  }
  CHECK(cases.size() == 1053);
}

TEST_CASE("views print what they show") {
  const Tensor t = arange(12).view({3, 4});
  CHECK(to_string(t.T().slice(0, 0, 4, 2)) == "tensor([[ 0,  4,  8],\n        [ 2,  6, 10]])");
  CHECK(to_string(t.select(1, 2)) == "tensor([ 2,  6, 10])");
  CHECK(to_string(tensor({1.5}).expand({3})) == "tensor([1.5000, 1.5000, 1.5000])");
}

TEST_CASE("a stream gets the same text, and an undefined tensor says so") {
  std::ostringstream out;
  out << tensor({true, false}) << ' ' << Tensor();
  CHECK(out.str() == "tensor([ True, False]) undefined");
}

TEST_CASE("print_options") {
  const Tensor t = tensor({1.23456789, 2.0});
  {
    WithOptions options({.precision = 2});
    CHECK(to_string(t) == "tensor([1.23, 2.00])");
  }
  {
    WithOptions options({.threshold = 5, .edgeitems = 1});
    CHECK(to_string(arange(6)) == "tensor([0,  ..., 5])");
    CHECK(to_string(arange(12).view({4, 3})) ==
          "tensor([[ 0,  ...,  2],\n        ...,\n        [ 9,  ..., 11]])");
  }
  {
    WithOptions options({.linewidth = 20});
    CHECK(to_string(arange(8)) == "tensor([0, 1, 2, 3,\n        4, 5, 6, 7])");
  }
  CHECK(to_string(t) == "tensor([1.2346, 2.0000])");
}
