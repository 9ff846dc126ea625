/// Operations that have kernels or ways of their own on cuda, beside the CPU. (All others are made
/// of primitives; their numbers are those of oracle.cpp.)
#include <doctest/doctest.h>

#include <limits>

#include "kindling/cuda.h"
#include "kindling/nn.h"
#include "kindling/ops.h"
#include "testing/oracle.h"

using namespace kindling;
using namespace kindling::testing;

TEST_CASE("sort and topk of rows of any length are the CPU's, equals and NaN included") {
  if (!cuda::is_available()) return;
  manual_seed(3);
  const double nan = std::numeric_limits<double>::quiet_NaN();
  for (const DType dtype : {bool_, int64, float32, float64})
    for (const std::int64_t n : {1, 2, 31, 64, 65, 1000, 1025, 3000}) {
      Tensor x = randint(0, dtype == bool_ ? 2 : 50, {3, n}).to(dtype);
      if (is_floating_point(dtype) && n > 2) x.select(1, n / 2).fill_(nan);
      const Tensor there = x.to(cuda_device);
      for (const bool descending : {false, true}) {
        const auto [values, indices] = sort(there, 1, descending);
        const auto expected = sort(x, 1, descending);
        CHECK(equal(indices.to(cpu), expected.indices));
        check_close("sorted", values, expected.values, exact);
        const std::int64_t k = (n + 2) / 3;
        CHECK(
            equal(topk(there, k, 1, descending).indices.to(cpu), expected.indices.narrow(1, 0, k)));
      }
    }
  const Tensor columns = randn({40, 5});
  CHECK(equal(argsort(columns.to(cuda_device), 0).to(cpu), argsort(columns, 0)));
  cuda::synchronize();
}

TEST_CASE("running sums are the CPU's, but for rounding") {
  if (!cuda::is_available()) return;
  manual_seed(4);
  for (const std::int64_t n : {1, 2, 33, 1000}) {
    const Tensor x = randn({2, n, 3});
    check_close("floats", cumsum(x.to(cuda_device), 1), cumsum(x, 1), {1e-5, 1e-4});
    const Tensor whole = randint(-9, 9, {2, n, 3});
    CHECK(equal(cumsum(whole.to(cuda_device), 1).to(cpu), cumsum(whole, 1)));
  }
}

TEST_CASE("multinomial draws the same indices on cuda as on the CPU, from the same seed") {
  if (!cuda::is_available()) return;
  manual_seed(5);
  const Tensor p = rand({4, 300});
  const auto draw = [&](Device device, std::int64_t samples, bool replacement) {
    manual_seed(6);
    const Tensor drawn = multinomial(p.to(device), samples, replacement);
    CHECK(drawn.device() == device);
    return stack({drawn.to(cpu), randint(0, 1000, drawn.shape())});  // and what comes next
  };
  for (const bool replacement : {false, true})
    for (const std::int64_t samples : {1, 2, 50})
      CHECK(equal(draw(cuda_device, samples, replacement), draw(cpu, samples, replacement)));
}

TEST_CASE("embeddings and layer normalisation on cuda are the CPU's, and so are their gradients") {
  if (!cuda::is_available()) return;
  manual_seed(7);
  const Tensor x = randn({6, 3, 70}, float64), grad = randn({6, 3, 70}, float64);
  const Tensor w = randn({70}, float64), b = randn({70}, float64);
  const auto layer = [&](Device device, bool affine) {
    Tensors in = {x.clone().to(device), w.clone().to(device), b.clone().to(device)};
    for (Tensor& t : in) t.requires_grad_();
    const Tensor y = affine ? layer_norm(in[0], {70}, in[1], in[2]) : layer_norm(in[0], {70});
    y.backward(grad.to(device));
    Tensors out = {y.detach().to(cpu), in[0].grad().to(cpu)};
    if (affine) {
      out.push_back(in[1].grad().to(cpu));
      out.push_back(in[2].grad().to(cpu));
    }
    return out;
  };
  for (const bool affine : {false, true}) {
    const Tensors got = layer(cuda_device, affine), expected = layer(cpu, affine);
    for (std::size_t i = 0; i < got.size(); ++i)
      check_close("layer_norm " + std::to_string(i), got[i], expected[i], {1e-10, 1e-10});
  }
  const Tensor none = layer_norm(zeros({0, 4}, float32, cuda_device), {4});
  CHECK(none.shape() == Shape{0, 4});

  const Tensor indices = randint(0, 5, {4, 7}), table = randn({5, 3}, float64);
  const auto look_up = [&](Device device) {
    Tensor weight = table.clone().to(device).requires_grad_();
    const Tensor y = embedding(indices.to(device), weight, 2);
    y.backward(ones(y.shape(), float64, device));
    return Tensors{y.detach().to(cpu), weight.grad().to(cpu)};
  };
  const Tensors got = look_up(cuda_device), expected = look_up(cpu);
  check_close("embedding", got[0], expected[0], exact);
  check_close("its gradient", got[1], expected[1], {1e-12, 1e-12});
}

TEST_CASE("integers divided by 0 on cuda give 0") {
  if (!cuda::is_available()) return;
  const Tensor a = tensor({7, -7}).to(cuda_device), zero = tensor({0, 0}).to(cuda_device);
  CHECK(equal(floor_divide(a, zero).to(cpu), tensor({0, 0})));
  CHECK(equal(remainder(a, zero).to(cpu), tensor({0, 0})));
}
