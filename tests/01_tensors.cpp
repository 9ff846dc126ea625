#include <doctest/doctest.h>

#include "kindling/ops.h"

using namespace kindling;

TEST_CASE("smoke") {
  Tensor t = tensor({{1, 2, 3}, {4, 5, 6}});
  CHECK(t.dtype() == int64);
  CHECK(matmul(t, t.T()).to_vector<int>() == std::vector<int>{14, 32, 32, 77});
  manual_seed(123);
  auto r = rand({5}).to_vector<float>();
  CHECK(r[0] == doctest::Approx(0.2961119413));
  Tensor x1 = tensor({1.1}), w1 = tensor({2.2}).requires_grad_(), b = tensor({0.0}).requires_grad_();
  Tensor a = sigmoid(x1 * w1 + b);
  Tensor loss = -mean(log(a));
  loss.backward();
  CHECK(loss.item() == doctest::Approx(0.0852).epsilon(1e-3));
  CHECK(w1.grad().item() == doctest::Approx(-0.0898).epsilon(1e-3));
}
