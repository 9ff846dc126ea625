/// Every primitive on cuda beside the same on the CPU: sizes around the edges of warps, blocks and
/// tiles, and operands that lie anyhow.
#include "kindling/backend.h"

#include <doctest/doctest.h>

#include <cmath>
#include <functional>
#include <limits>
#include <numeric>

#include "fused/layer_norm.h"
#include "kindling/cuda.h"
#include "kindling/loss.h"
#include "kindling/ops.h"
#include "kindling/primitives.h"
#include "testing/oracle.h"
#include "testing/random_layout.h"

using namespace kindling;
using namespace kindling::testing;

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();
const std::vector<DType> every_dtype{bool_, int64, float32, float64};

/// Numbers of both signs and zeros, of any dtype.
Tensor numbers(const Shape& shape, DType dtype) {
  if (is_floating_point(dtype)) return randn(shape, dtype);
  return randint(dtype == bool_ ? 0 : -9, dtype == bool_ ? 2 : 10, shape).to(dtype);
}

/// The same tensor on cuda, lying in memory as `t` does.
Tensor on_cuda(const Tensor& t) {
  const std::int64_t held = t.storage().bytes() / size_of(t.dtype());
  const Tensor all(t.storage(), Layout({held}), t.dtype());
  return primitive::with_layout(all.to(cuda_device), t.layout());
}

/// A random view, as random_layout() makes them, of numbers.
Tensor random_view(std::mt19937& random, DType dtype) {
  const Layout layout = random_layout(random);
  std::int64_t held = 1;
  for (const std::int64_t at : every_offset(layout)) held = std::max(held, at + 1);
  return primitive::with_layout(numbers({held}, dtype), layout);
}

/// f gives the same on cuda as on the CPU, within `tolerance`.
void check_same(const std::string& what, const std::function<Tensor(const Tensors&)>& f,
                const Tensors& inputs, Tolerance tolerance) {
  Tensors moved;
  for (const Tensor& t : inputs) moved.push_back(on_cuda(t));
  const Tensor got = f(moved);
  CHECK_MESSAGE(got.device() == cuda_device, what);
  check_close(what, got, f(inputs), tolerance);
}
void check_same(const std::string& what, const std::function<Tensor(const Tensors&)>& f,
                const Tensors& inputs) {
  const TestDevice on(cuda_device);  // for its tolerance
  check_same(what, f, inputs, tolerance_for(inputs[0].dtype()));
}

std::string text(const auto&... parts) {
  std::ostringstream out;
  (out << ... << parts);
  return out.str();
}

}  // namespace

TEST_CASE("copies under any strides, and between any dtypes") {
  if (!cuda::is_available()) return;
  manual_seed(1);
  std::mt19937 random(1);
  for (int i = 0; i < 60; ++i) {
    const DType from = every_dtype[random() % 4], to = every_dtype[random() % 4];
    const Tensor x = random_view(random, from);
    check_same(
        text("copy of ", x.shape(), x.strides(), from, to),
        [to](const Tensors& in) { return in[0].clone().to(to); }, {x}, exact);
    check_close(text("to cuda and back ", x.shape(), x.strides()), x.to(cuda_device).to(cpu), x,
                exact);
  }
  const Tensor odd =
      tensor({not_a_number, infinity, -infinity, 1e30, -1e30, -1.9, 1.9, 0.0}, float64);
  for (const DType to : every_dtype)
    check_same(
        text("to ", to), [to](const Tensors& in) { return in[0].to(to); }, {odd}, exact);
}

TEST_CASE("transposed copies, whole tiles and parts of them") {
  if (!cuda::is_available()) return;
  manual_seed(2);
  for (const DType dtype : {bool_, float32, float64})
    for (const Shape& shape : {Shape{32, 32}, Shape{64, 96}, Shape{33, 65}, Shape{100, 17},
                               Shape{16, 16}, Shape{5, 40, 24}, Shape{1, 77}})
      check_same(
          text("transpose of ", shape, dtype),
          [](const Tensors& in) { return in[0].transpose(-2, -1).contiguous(); },
          {numbers(shape, dtype)}, exact);
  const Tensor x = randn({3, 20, 4, 25});
  check_same(
      "permuted",
      [](const Tensors& in) {
        return in[0].permute({2, 3, 0, 1}).contiguous();
      },
      {x}, exact);
  Tensor target = zeros({25, 40}, float32, cuda_device);
  const Tensor source = randn({40, 25});
  target.narrow(1, 2, 38).copy_(source.to(cuda_device).T().narrow(1, 0, 38));
  Tensor expected = zeros({25, 40});
  expected.narrow(1, 2, 38).copy_(source.T().narrow(1, 0, 38));
  check_close("into a part of a matrix", target, expected, exact);
}

TEST_CASE("a row, repeated") {
  if (!cuda::is_available()) return;
  manual_seed(13);
  for (const DType dtype : every_dtype)
    for (const auto& [rows, columns] : {std::pair{1, 5}, {3, 1}, {40, 33}, {7, 600}})
      check_same(
          text(rows, ' ', columns, dtype),
          [rows](const Tensors& in) {
            return in[0].expand({rows, -1}).contiguous();
          },
          {numbers({columns}, dtype)}, exact);
}

TEST_CASE("fill, of every dtype and under strides") {
  if (!cuda::is_available()) return;
  for (const DType dtype : every_dtype) {
    check_close(text("full ", dtype), full({300}, 1, dtype, cuda_device), full({300}, 1, dtype),
                exact);
    Tensor there = zeros({6, 7}, dtype, cuda_device), here = zeros({6, 7}, dtype);
    there.T().slice(0, 1, 6, 2).fill_(1);
    here.T().slice(0, 1, 6, 2).fill_(1);
    check_close(text("strided ", dtype), there, here, exact);
  }
  CHECK_THROWS_AS(full({1}, not_a_number, int64, cuda_device), Error);  // no int64 holds it
}

TEST_CASE("element by element, dense and under strides") {
  if (!cuda::is_available()) return;
  manual_seed(3);
  std::mt19937 random(3);
  const auto f = [](const Tensors& in) { return relu(in[0]) * 2 + in[1]; };
  for (const std::int64_t n : {1, 3, 4, 31, 33, 127, 255, 257, 1024, 1027, 5001})
    for (const DType dtype : {int64, float32, float64})
      check_same(text("n = ", n, dtype), f, {numbers({n}, dtype), numbers({n}, dtype)});
  check_same("not aligned to 16 bytes",
             [](const Tensors& in) { return -in[0].narrow(0, 1, 100) + in[0].narrow(0, 2, 100); },
             {randn({103})});
  for (int i = 0; i < 60; ++i) {
    const Tensor x = random_view(random, std::vector{int64, float32, float64}[random() % 3]);
    check_same(text("strided ", x.shape(), x.strides()), f, {x, x});
  }
  const Tensor matrix = randn({40, 70});
  check_same("a row for each", f, {matrix, randn({70})});
  check_same("a column for each", f, {matrix, randn({40, 1})});
  check_same("a number for each", f, {matrix, randn({})});
  check_same("a matrix and its transpose", f, {randn({130, 130}), randn({130, 130}).T()});
  Tensor there = randn({65}).to(cuda_device), here = there.to(cpu);
  there.add_(there).mul_(3).sub_(there.narrow(0, 0, 1));
  here.add_(here).mul_(3).sub_(here.narrow(0, 0, 1));
  check_close("in place", there, here);
}

TEST_CASE("comparisons and choices") {
  if (!cuda::is_available()) return;
  manual_seed(4);
  for (const DType dtype : every_dtype) {
    const Tensor a = numbers({7, 45}, dtype), b = numbers({45}, dtype);
    check_same(
        text("less, ", dtype), [](const Tensors& in) { return in[0] < in[1]; }, {a, b}, exact);
    check_same(
        text("equal, ", dtype), [](const Tensors& in) { return in[0] == in[1].T(); },
        {a, numbers({45, 1}, dtype).T().expand({7, 45}).T()}, exact);
    check_same(
        text("where, ", dtype),
        [](const Tensors& in) { return where(in[0] <= in[1], in[0], in[1]); }, {a, b}, exact);
  }
}

TEST_CASE("reductions: rows, columns, all of it, long and short") {
  if (!cuda::is_available()) return;
  manual_seed(5);
  const std::vector<Shape> shapes{{1},     {31},     {33},      {513},        {20000},   {3, 1},
                                  {9, 33}, {60, 10}, {2, 9000}, {700, 40},    {5, 6, 7}, {2, 70, 5},
                                  {0, 3},  {3, 0},   {200, 3},  {1, 130, 132}};
  for (const Shape& shape : shapes)
    for (const DType dtype : every_dtype)
      for (std::int64_t dim = 0; dim < std::ssize(shape); ++dim) {
        const Tensor x = numbers(shape, dtype);
        const std::string what = text(shape, dtype, " over ", dim);
        const Dims over(dim);
        check_same(
            "sum " + what, [&](const Tensors& in) { return sum(in[0], over); }, {x},
            is_floating_point(dtype) ? Tolerance{2e-5, 2e-4} : exact);
        check_same(
            "all " + what, [&](const Tensors& in) { return all(in[0], over); }, {x}, exact);
        check_same(
            "any " + what, [&](const Tensors& in) { return any(in[0], over); }, {x}, exact);
        if (shape[dim] == 0) continue;
        check_same(
            "amax " + what, [&](const Tensors& in) { return amax(in[0], over); }, {x}, exact);
        check_same(
            "amin " + what, [&](const Tensors& in) { return amin(in[0], over); }, {x}, exact);
        if (dtype == bool_) continue;  // argmax() refuses truth values
        check_same(
            "argmax " + what, [&](const Tensors& in) { return argmax(in[0], dim); }, {x}, exact);
        check_same(
            "argmin " + what, [&](const Tensors& in) { return argmin(in[0], dim); }, {x}, exact);
      }
  Tensor x = numbers({40, 50}, int64).to(float32);  // with many equal ones
  x[3][7].fill_(not_a_number);
  x[20][9].fill_(not_a_number);
  for (const std::int64_t dim : {0, 1}) {
    check_same(
        "NaN", [&](const Tensors& in) { return amax(in[0], Dims(dim)); }, {x}, exact);
    check_same(
        "NaN", [&](const Tensors& in) { return argmin(in[0], dim); }, {x}, exact);
  }
  check_same(
      "all of it", [](const Tensors& in) { return argmax(in[0]); }, {x}, exact);
  check_same(
      "empty", [](const Tensors& in) { return sum(in[0]); }, {zeros({0})}, exact);
  check_same(
      "empty rows", [](const Tensors& in) { return mean(in[0]); }, {zeros({0, 3})}, exact);
}

TEST_CASE("a sum is the same in every run") {
  if (!cuda::is_available()) return;
  manual_seed(6);
  const Tensor x = randn({100, 400}).to(cuda_device);
  const float first = sum(x).item<float>();
  for (int i = 0; i < 5; ++i) CHECK(sum(x).item<float>() == first);
}

TEST_CASE("products of matrices, under any strides and of every dtype") {
  if (!cuda::is_available()) return;
  manual_seed(7);
  const auto product = [](const Tensors& in) { return matmul(in[0], in[1]); };
  for (const DType dtype : {int64, float32, float64}) {
    const Tolerance near = dtype == int64 ? exact : Tolerance{1e-5, 1e-5};
    for (const auto& [m, k, n] : {std::array<std::int64_t, 3>{1, 1, 1},
                                  {17, 16, 15},
                                  {33, 20, 40},
                                  {5, 70, 3},
                                  {2, 0, 3}}) {
      const Tensor a = numbers({m, k}, dtype), b = numbers({k, n}, dtype);
      const std::string what = text(dtype, ' ', m, ' ', k, ' ', n);
      check_same(what, product, {a, b}, near);
      check_same(what + " aᵀ", product, {numbers({k, m}, dtype).T(), b}, near);
      check_same(what + " bᵀ", product, {a, numbers({n, k}, dtype).T()}, near);
      check_same(what + " both", product, {numbers({k, m}, dtype).T(), numbers({n, k}, dtype).T()},
                 near);
    }
    check_same(text("batches ", dtype), product,
               {numbers({4, 5, 6}, dtype), numbers({4, 6, 7}, dtype)}, near);
    check_same(text("one for all ", dtype), product,
               {numbers({4, 5, 6}, dtype), numbers({6, 7}, dtype).expand({4, 6, 7})}, near);
    check_same(
        text("strides of no BLAS ", dtype), product,
        {numbers({6, 12}, dtype).slice(1, 0, 12, 2), numbers({12, 5}, dtype).slice(0, 0, 12, 2)},
        near);
  }
  check_same("addmm", [](const Tensors& in) { return addmm(in[2], in[0], in[1]); },
             {randn({9, 20}), randn({30, 20}).T(), randn({30})}, {1e-5, 1e-5});
}

/// On the simulator, whose grids end sooner in the test 07_gpu_small_grids, a hundredth of it shows
/// the same.
TEST_CASE("more matrices, and more rows, than one grid has blocks for") {
  if (!cuda::is_available()) return;
  manual_seed(14);
  const std::int64_t many = cuda::is_simulated() ? 700 : 70'000, rows = 11'000 * many / 700;
  const auto same = [](const std::string& what, const std::function<Tensor(const Tensors&)>& f,
                       const Tensors& inputs) {
    check_same(what, f, inputs, {1e-5, 1e-5});
  };
  for (const DType dtype : {int64, float32, float64}) {
    const auto product = [](const Tensors& in) { return matmul(in[0], in[1]); };
    same(text(many, " matrices of ", dtype), product,
         {numbers({many, 3, 2}, dtype), numbers({many, 2, 2}, dtype)});
    same(text(rows, " rows of ", dtype), product,
         {numbers({rows, 1}, dtype), numbers({1, 2}, dtype)});
    same(text(rows, " rows under strides of ", dtype), product,
         {numbers({2, rows}, dtype).T(), numbers({2, 1}, dtype)});
    same("sum of rows", [](const Tensors& in) { return sum(in[0], 1); },
         {numbers({rows, 3}, dtype)});
    same("sum of columns", [](const Tensors& in) { return sum(in[0], 1); },
         {numbers({many, 2, 3}, dtype)});
    same("argmax", [](const Tensors& in) { return argmax(in[0], 1); }, {numbers({many, 3}, dtype)});
  }
  for (const DType dtype : every_dtype) {
    same("transposed planes", [](const Tensors& in) { return in[0].transpose(1, 2).contiguous(); },
         {numbers({many, 16, 17}, dtype)});
    same("a row, often",
         [](const Tensors& in) {
           return in[0].expand({10'000, -1}).clone();
         },
         {numbers({3}, dtype)});
  }
  const auto with_gradient = [](const std::function<Tensor(const Tensor&)>& f) {
    return [f](const Tensors& in) {
      Tensor leaf = in[0].detach().clone().requires_grad_();
      f(leaf).backward();
      return leaf.grad();
    };
  };
  same("softmax", with_gradient([](const Tensor& x) { return sum(softmax(x, 1) * x); }),
       {randn({many * 4, 5})});
  same("cross_entropy", with_gradient([many](const Tensor& x) {
         return nn::cross_entropy(x, zeros({many * 4}, int64, x.device()));
       }),
       {randn({many * 4, 5})});
}

TEST_CASE("addmm where nothing is added up") {
  if (!cuda::is_available()) return;
  check_same(
      "addmm", [](const Tensors& in) { return addmm(in[0], in[1], in[2]); },
      {numbers({7}, float32), zeros({5, 0}), zeros({0, 7})}, exact);
}

TEST_CASE("reading and adding at places") {
  if (!cuda::is_available()) return;
  manual_seed(8);
  for (const DType dtype : every_dtype) {
    const Tensor x = numbers({6, 7, 5}, dtype), index = randint(0, 7, {6, 9, 5});
    const Tensor list = randint(0, 7, {40});
    check_same(
        "gather", [](const Tensors& in) { return gather(in[0], 1, in[1]); }, {x, index}, exact);
    check_same(
        "index_select", [](const Tensors& in) { return index_select(in[0], 1, in[1]); }, {x, list},
        exact);
    const auto added = [](bool by_rows) {
      return [by_rows](const Tensors& in) {
        Tensor out = zeros({6, 7, 5}, in[0].dtype(), in[0].device());
        Backend& on = backend(out.device());
        by_rows ? on.index_add(in[0], in[1], out) : on.scatter_add(in[0], in[1], out);
        return out;
      };
    };
    const Tolerance near = is_floating_point(dtype) ? Tolerance{1e-5, 1e-5} : exact;
    check_same("scatter_add", added(false), {numbers({6, 9, 5}, dtype), index}, near);
    check_same("index_add", added(true), {numbers({6, 40, 5}, dtype), list}, near);
  }
}

TEST_CASE("softmax and cross-entropy of rows of any length") {
  if (!cuda::is_available()) return;
  manual_seed(9);
  for (const DType dtype : {float32, float64})
    for (const std::int64_t n : {1, 7, 32, 33, 128, 129, 512, 513, 1024, 1025, 3000}) {
      const Tensor x = randn({9, n}, dtype) * 5, cotangent = randn({9, n}, dtype);
      const Tolerance near = dtype == float32 ? Tolerance{2e-5, 2e-6} : Tolerance{1e-11, 1e-12};
      const auto with_gradient = [](const auto& f) {
        return [f](const Tensors& in) {
          Tensor leaf = in[0].detach().clone().requires_grad_();
          const Tensor y = f(leaf);
          y.backward(in[1]);
          return stack({y.detach(), leaf.grad()});
        };
      };
      check_same(text("softmax ", n, dtype),
                 with_gradient([](const Tensor& t) { return softmax(t, 1); }), {x, cotangent},
                 near);
      check_same(text("log_softmax ", n, dtype),
                 with_gradient([](const Tensor& t) { return log_softmax(t, 1); }), {x, cotangent},
                 near);
      Tensor labels = randint(0, n, {9});
      labels[2].fill_(-100);
      for (const auto reduction : {nn::Reduction::none, nn::Reduction::mean, nn::Reduction::sum})
        check_same(text("cross_entropy ", n, dtype),
                   [reduction](const Tensors& in) {
                     Tensor leaf = in[0].detach().clone().requires_grad_();
                     const Tensor loss = nn::cross_entropy(leaf, in[1], {.reduction = reduction});
                     sum(loss * 3).backward();
                     return leaf.grad() + sum(loss.detach());
                   },
                   {x, labels}, {near.rtol, 10 * near.atol});
    }
  const Tensor odd =
      tensor({{-infinity, 0.0, 1.0}, {-infinity, -infinity, -infinity}, {not_a_number, 1.0, 2.0}});
  for (const std::int64_t width : {3, 2000}) {
    Tensor x = full({3, width}, -infinity, float32);
    x.narrow(1, width - 3, 3).copy_(odd);
    check_same("−∞ and NaN", [](const Tensors& in) { return softmax(in[0], 1); }, {x},
               {1e-5, 1e-6});
  }
  CHECK(std::isnan(
      nn::cross_entropy(zeros({1, 2}, float32, cuda_device), full({1}, -100, int64, cuda_device))
          .item()));
}

TEST_CASE("logits of a million keep their digits") {
  if (!cuda::is_available()) return;
  manual_seed(9);
  for (const std::int64_t n : {2, 33, 600}) {
    const Tensor steps = randint(0, 32, {9, n}).to(float32) / 16;  // what float32 holds there
    const Tensor labels = randint(0, n, {9});
    const auto results = [&](const Tensor& logits, Device device) {
      Tensor leaf = logits.to(device).clone().requires_grad_();
      const Tensor loss =
          nn::cross_entropy(leaf, labels.to(device), {.reduction = nn::Reduction::none});
      sum(loss).backward();
      return Tensors{loss.detach().to(cpu), leaf.grad().to(cpu), softmax(leaf.detach(), 1).to(cpu),
                     log_softmax(leaf.detach(), 1).to(cpu)};
    };
    const Tensors small = results(steps, cpu), large = results(steps + 1'000'000, cuda_device);
    for (std::size_t i = 0; i < small.size(); ++i) {
      CAPTURE(n);
      CAPTURE(i);
      CHECK(allclose(large[i], small[i], 1e-5, 1e-6));
    }
  }
}

TEST_CASE("layer norm of rows of any length, and the way back") {
  if (!cuda::is_available()) return;
  manual_seed(10);
  for (const std::int64_t n : {1, 5, 32, 100, 513, 1024, 1500}) {
    const Tensor x = randn({70, n}, float64) * 3 + 1, weight = randn({n}, float64),
                 bias = randn({n}, float64), grad = randn({70, n}, float64);
    const auto composed = [&](const Tensor& in) {
      const Tensor centred = in - mean(in, 1, true);
      return centred / sqrt(mean(centred * centred, 1, true) + 1e-5);
    };
    Tensor leaf = x.clone().requires_grad_(), w = weight.clone().requires_grad_(),
           b = bias.clone().requires_grad_();
    const Tensor expected = composed(leaf) * w + b;
    expected.backward(grad);

    const auto there = [](const Tensor& t) { return t.to(cuda_device); };
    const auto make = [](const Shape& shape) { return empty(shape, float64, cuda_device); };
    const Tensor out = make({70, n}), means = make({70}), rstds = make({70}), dx = make({70, n}),
                 dw = make({n}), db = make({n});
    layer_norm_rows.on(cuda_device)(there(x), there(weight), there(bias), 1e-5, out, means, rstds);
    layer_norm_rows_backward.on(cuda_device)(there(grad), there(x), there(weight), means, rstds, dx,
                                             dw, db);
    const Tolerance near{1e-9, 1e-9};
    check_close(text("layer_norm ", n), out, expected.detach(), near);
    check_close(text("dx ", n), dx, leaf.grad(), near);
    check_close(text("dweight ", n), dw, w.grad(), near);
    check_close(text("dbias ", n), db, b.grad(), near);
  }
}

TEST_CASE("layer norm over many rows: the gradients of weight and bias lose nothing") {
  if (!cuda::is_available()) return;
  // One running sum in float32 would come to 6003.5.
  const std::int64_t rows = 60'000, n = 2;
  const auto there = [](const Shape& shape, double value) {
    return full(shape, value, float32, cuda_device);
  };
  const Tensor x = tensor({{-1.0, 1.0}}, float32).expand({rows, n}).contiguous().to(cuda_device);
  const Tensor dx = there({rows, n}, 0), dw = there({n}, 0), db = there({n}, 0);
  layer_norm_rows_backward.on(cuda_device)(there({rows, n}, 0.1), x, there({n}, 1),
                                           there({rows}, 0), there({rows}, 1), dx, dw, db);
  check_close("dbias", db, full({n}, 6000.0), Tolerance{2e-5, 0});
  check_close("dweight", dw, tensor({-6000.0, 6000.0}), Tolerance{2e-5, 0});
}

TEST_CASE("random numbers: the seed decides, and they are what they should be") {
  if (!cuda::is_available()) return;
  const auto draw = [](const Shape& shape, DType dtype) {
    return empty(shape, dtype, cuda_device).uniform_();
  };
  manual_seed(11);
  const Tensor first = draw({1001}, float32), second = draw({1001}, float32);
  const Tensor on_cpu = rand({3});
  CHECK_FALSE(equal(first, second));
  manual_seed(11);
  CHECK(equal(draw({1001}, float32), first));
  const std::string state = default_generator().state();
  CHECK(equal(draw({1001}, float32), second));
  CHECK(equal(rand({3}), on_cpu));
  default_generator().set_state(state);
  CHECK(equal(draw({1001}, float32), second));

  // Philox 4x32-10's published answer for counter 0 and key 0.
  manual_seed(0);
  const auto words =
      empty({2}, int64, cuda_device).random_(0, std::int64_t{1} << 62).to_vector<std::int64_t>();
  CHECK(words[0] == static_cast<std::int64_t>(0x6627e8d5e169c58dULL & ((1ULL << 62) - 1)));
  CHECK(words[1] == static_cast<std::int64_t>(0xbc57ac4c9b00dbd8ULL & ((1ULL << 62) - 1)));

  for (const DType dtype : {float32, float64}) {
    const Tensor u = draw({20000}, dtype).to(cpu);
    CHECK(min(u).item() >= 0);
    CHECK(max(u).item() < 1);
    CHECK(std::abs(mean(u).item() - 0.5) < 0.01);
    const Tensor z = empty({20001}, dtype, cuda_device).normal_(3, 2).to(cpu);
    CHECK(std::abs(mean(z).item() - 3) < 0.06);
    CHECK(std::abs(var(z).item() - 4) < 0.2);
  }
  const Tensor coins = empty({20000}, float32, cuda_device).bernoulli_(0.3);
  CHECK(std::abs(mean(coins).item() - 0.3) < 0.02);
  const Tensor dice = empty({3000}, int64, cuda_device).random_(-2, 4);
  CHECK(min(dice).item<std::int64_t>() == -2);
  CHECK(max(dice).item<std::int64_t>() == 3);
  Tensor strided = zeros({10, 10}, float32, cuda_device);
  strided.T().slice(0, 0, 10, 2).uniform_(1, 2);
  CHECK(sum(strided > 0).item<std::int64_t>() == 50);
}
