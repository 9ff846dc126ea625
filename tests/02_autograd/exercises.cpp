/// The verdicts on the exercises of chapter 2. What is expected was computed by head, by plain
/// loops, by central differences or by PyTorch.
#include <atomic>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <future>
#include <limits>
#include <memory>
#include <random>
#include <sstream>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "kindling/autograd.h"
#include "kindling/ops.h"
#include "kindling/tensor.h"
#include "testing/expect.h"
#include "testing/oracle.h"
#include "testing/oracle_ops.h"

using namespace kindling;
using namespace std::chrono_literals;
using testing::about;
using testing::expect;
using testing::expect_error;
using testing::expect_that;
using testing::expect_undefined;

namespace {

template <class... Parts>
std::string text(const Parts&... parts) {
  std::ostringstream out;
  (out << ... << parts);
  return out.str();
}

Tensor leaf(const NestedList& values) { return tensor(values, float64).requires_grad_(); }
Tensor numbers(const NestedList& values) { return tensor(values, float64); }

/// Whole numbers from -9 to 9.
Tensor random_numbers(std::mt19937& random, const Shape& shape, DType dtype = float64) {
  Tensor out(shape, dtype);
  dispatch(dtype, [&]<class T>() {
    for (std::int64_t i = 0; i < out.numel(); ++i)
      out.data_ptr<T>()[i] = static_cast<T>(static_cast<int>(random() % 19) - 9);
  });
  return out;
}

Shape index_of(std::int64_t n, const Shape& shape) {
  Shape index(shape.size());
  for (std::size_t axis = shape.size(); axis-- > 0; n /= shape[axis]) index[axis] = n % shape[axis];
  return index;
}

/// What the rule of the operation that made `y` returns.
Tensors rule_of(const Tensor& y, const Tensor& grad) { return y.autograd()->node->backward(grad); }

/// The rules of a and b, at work in the walk: central differences say what they should be.
void expect_central_differences(const std::string& what,
                                const std::function<Tensor(const Tensors&)>& f,
                                const Tensors& inputs) {
  const GradcheckResult checked = gradcheck(f, inputs);
  expect_that(checked.ok, what + ": " + checked.message);
}

/// Every case of ops.json with this operation that has gradients.
void expect_gradients_of_pytorch(const std::string& op) {
  for (const testing::Json& c : testing::load_oracle("ops").at("cases")) {
    if (c.at("op").get<std::string>() != op || c.at("grad_fn").is_null()) continue;
    const std::string name = testing::case_name(c);
    GIVEN(name);
    Tensors inputs;
    for (const testing::Json& described : c.at("inputs")) {
      inputs.push_back(testing::to_tensor(described));
      if (!c.at("grads").at(inputs.size() - 1).is_null()) inputs.back().requires_grad_();
    }
    const Tensor out = testing::oracle_ops().at(op)(inputs, c.at("args")).at(0);
    out.backward(testing::to_tensor(c.at("cotangents").at(0), out.shape(), out.dtype()));
    for (std::size_t i = 0; i < inputs.size(); ++i)
      if (const testing::Json& grad = c.at("grads").at(i); !grad.is_null())
        expect(text(name, ", gradient of input ", i, ", as PyTorch computed it"), inputs[i].grad(),
               testing::to_tensor(grad, inputs[i].shape(), inputs[i].dtype()));
  }
}

}  // namespace

// 2.1 ---------------------------------------------------------------------------------------------

TEST_CASE("2.1  dA is dC times B, and dB is dC times A") {
  about("mul_backward");
  const Tensor a = leaf({2, 3}), b = leaf({5, 7}), dc = numbers({1, 10});
  GIVEN(a);
  GIVEN(b);
  GIVEN(dc);
  const Tensors grads = rule_of(a * b, dc);
  expect("the number of gradients of A · B", grads.size(), std::size_t{2});
  expect("dA", grads[0], numbers({5, 70}));
  expect("dB", grads[1], numbers({2, 30}));
}

TEST_CASE("2.1  the gradient of tanh x is dy (1 − y²)") {
  about("tanh_backward");
  const Tensor x = leaf({0, 0.5 * std::log(3.)}), y = tanh(x), dy = numbers({3, 2});
  GIVEN(x);
  GIVEN(y);
  GIVEN(dy);
  const Tensors grads = rule_of(y, dy);
  expect("the number of gradients of tanh x", grads.size(), std::size_t{1});
  expect("dx", grads[0], numbers({3, 1.5}));
}

TEST_CASE("2.1  an input that wants no gradient gets an undefined Tensor") {
  about("mul_backward");
  const Tensor wanted = leaf({2, 3}), unwanted = numbers({5, 7}), dc = numbers({1, 10});
  const Tensors left = rule_of(wanted * unwanted, dc);
  expect("the number of gradients of A · B, where B wants none", left.size(), std::size_t{2});
  expect_undefined("dB, where B wants none", left[1]);
  expect("dA, where B wants none", left[0], numbers({5, 70}));
  const Tensors right = rule_of(unwanted * wanted, dc);
  expect("the number of gradients of A · B, where A wants none", right.size(), std::size_t{2});
  expect_undefined("dA, where A wants none", right[0]);
  expect("dB, where A wants none", right[1], numbers({5, 70}));
  about("tanh_backward");
  expect("the gradient of tanh, at 0", rule_of(tanh(leaf({0})), numbers({4})).at(0), numbers({4}));
}

TEST_CASE("2.1  what a rule is given stays as it is: others have the same tensors") {
  about("tanh_backward");
  const Tensor x = leaf({0, 0.5 * std::log(3.)}), y = tanh(x), dy = numbers({3, 2});
  rule_of(y, dy);
  expect("dy, after the rule of tanh was called", dy, numbers({3, 2}));
  expect("y, after the rule of tanh was called", y, numbers({0, 0.5}));
  about("mul_backward");
  const Tensor a = leaf({2, 3}), b = numbers({5, 7}), dc = numbers({1, 10});
  rule_of(a * b, dc);
  expect("dC, after the rule of A · B was called", dc, numbers({1, 10}));
  expect("B, after the rule of A · B was called", b, numbers({5, 7}));
}

TEST_CASE("2.1  operands that are one and the same, broadcast, empty, or of two dtypes") {
  about("mul_backward");
  const Tensor x = leaf({3, -4});
  sum(x * x).backward();
  expect("the gradient of the sum of x · x, at [3, -4]", x.grad(), numbers({6, -8}));

  const Tensor matrix = leaf({{1, 2, 3}, {4, 5, 6}}), row = leaf({1, 10, 100}),
               column = leaf({{2}, {3}}), one = leaf(5);
  sum(matrix * row).backward();
  expect("of matrix · row, the gradient of the row", row.grad(), numbers({5, 7, 9}));
  expect("of matrix · row, the gradient of the matrix", matrix.grad(),
         numbers({{1, 10, 100}, {1, 10, 100}}));
  sum(column * matrix).backward();
  expect("of column · matrix, the gradient of the column", column.grad(), numbers({{6}, {15}}));
  sum(one * column).backward();
  expect("of 5 · column, the gradient of the 5", one.grad(), numbers(5));

  const Tensor empty_rows = empty({0, 3}, float64).requires_grad_(), three = leaf({1, 2, 3});
  sum(empty_rows * three).backward();
  expect("of [0, 3] · [3], the gradient of the first", empty_rows.grad(), empty({0, 3}, float64));
  expect("of [0, 3] · [3], the gradient of the second", three.grad(), numbers({0, 0, 0}));

  const Tensor single = tensor({1., 2.}).requires_grad_(), wide = leaf({3, 4});
  sum(single * wide).backward();
  expect("of float32 · float64, the gradient of the first", single.grad(), tensor({3., 4.}));
  expect("of float32 · float64, the gradient of the second", wide.grad(), numbers({1, 2}));
}

TEST_CASE("2.1  tanh far out is flat, and NaN stays NaN") {
  about("tanh_backward");
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const Tensor x = leaf({1000, -1000, nan});
  GIVEN(x);
  expect("the gradient of tanh", rule_of(tanh(x), numbers({7, 7, 7})).at(0), numbers({0, 0, nan}));
  const Tensor nothing = empty({2, 0}, float64).requires_grad_();
  expect("the gradient of tanh of [2, 0]", rule_of(tanh(nothing), empty({2, 0}, float64)).at(0),
         empty({2, 0}, float64));
}

TEST_CASE("2.1  far out the slope of tanh is small, and not yet 0") {
  about("tanh_backward");
  for (const double at : {5., 10., -12.}) {
    const Tensor x = leaf({at});
    GIVEN(x);
    // 1 - y² has lost half of its digits here.
    expect("the gradient of tanh", rule_of(tanh(x), numbers({1})).at(0),
           numbers({std::pow(std::cosh(at), -2)}), {1e-5, 0});
  }
}

TEST_CASE("2.1  operands that are views of one memory") {
  about("mul_backward");
  const Tensor dc = numbers({{1, 10}, {100, 1000}});
  GIVEN(dc);
  const Tensor x = leaf({{1, 2}, {3, 4}});
  GIVEN(x);
  (x * x.T()).backward(dc);
  expect("of x · xᵀ, the gradient of x", x.grad(), numbers({{2, 330}, {220, 8000}}));
  const Tensor rows = leaf({{1, 2}, {3, 4}, {5, 6}});
  GIVEN(rows);
  (rows.narrow(0, 0, 2) * rows.narrow(0, 1, 2)).backward(dc);
  expect("of the upper two rows · the lower two, the gradient of all three", rows.grad(),
         numbers({{3, 40}, {501, 6020}, {300, 4000}}));
}

TEST_CASE("2.1  160,000 elements") {
  about("mul_backward");
  const Tensor wanted = full({400, 400}, 2, float64).requires_grad_(),
               dc = ones({400, 400}, float64);
  const Tensor unwanted = full({400, 400}, 3, float64);
  const Tensors left = rule_of(wanted * unwanted, dc);
  expect("dA of [400, 400] times [400, 400], where B wants none", left.at(0), unwanted);
  expect_undefined("dB of [400, 400] times [400, 400], where B wants none", left.at(1));
  const Tensors right = rule_of(unwanted * wanted, dc);
  expect_undefined("dA of [400, 400] times [400, 400], where A wants none", right.at(0));
  expect("dB of [400, 400] times [400, 400], where A wants none", right.at(1), unwanted);
  about("tanh_backward");
  expect("the gradient of tanh of zeros [400, 400]",
         rule_of(tanh(zeros({400, 400}, float64).requires_grad_()), unwanted).at(0), unwanted);
}

TEST_CASE("2.1  central differences agree") {
  std::mt19937 random(21);
  const std::vector<std::vector<Shape>> pairs = {
      {{4}, {4}}, {{2, 3}, {3}}, {{2, 1}, {1, 3}},   {{}, {2, 3}},
      {{}, {}},   {{2, 0}, {1}}, {{4, 1, 3}, {2, 1}}};
  for (const auto& shapes : pairs) {
    const Tensor a = random_numbers(random, shapes[0]).requires_grad_();
    const Tensor b = random_numbers(random, shapes[1]).requires_grad_();
    about("mul_backward");
    expect_central_differences(text(shapes[0], " · ", shapes[1]),
                               [](const Tensors& x) { return x[0] * x[1]; }, {a, b});
    about("tanh_backward");
    expect_central_differences(text("tanh of ", shapes[0]),
                               [](const Tensors& x) { return tanh(x[0] / 10); }, {a});
  }
}

TEST_CASE("2.1  PyTorch's gradients of products and tanh") {
  about("mul_backward");
  expect_gradients_of_pytorch("mul");
  about("tanh_backward");
  expect_gradients_of_pytorch("tanh");
}

// 2.2 ---------------------------------------------------------------------------------------------

namespace {

/// Adds each element of x to the one that it was copied from.
Tensor summed_plainly(const Tensor& x, const Shape& shape) {
  std::vector<double> totals(static_cast<std::size_t>(numel(shape)), 0.);
  const std::vector<double> elements = x.to_vector<double>();
  const std::size_t added = x.shape().size() - shape.size();
  for (std::int64_t n = 0; n < x.numel(); ++n) {
    const Shape index = index_of(n, x.shape());
    std::int64_t at = 0;
    for (std::size_t axis = 0; axis < shape.size(); ++axis)
      at = at * shape[axis] + (shape[axis] == 1 ? 0 : index[added + axis]);
    totals[static_cast<std::size_t>(at)] += elements[static_cast<std::size_t>(n)];
  }
  Tensor out(shape, float64);
  for (std::int64_t i = 0; i < out.numel(); ++i)
    out.data_ptr<double>()[i] = totals[static_cast<std::size_t>(i)];
  return out.to(x.dtype());
}

void expect_sum_to(const Tensor& x, const Shape& shape, const Tensor& expected) {
  GIVEN(x);
  const std::string what = text(x.shape(), " summed to ", shape);
  Tensor got;
  try {
    got = sum_to(x, shape);
  } catch (const Error& error) {
    testing::wrong_answer(text(what, ": expected a tensor of shape ", shape, ", got an Error"),
                          error.what());
  }
  expect(what, got, expected);
}

}  // namespace

TEST_CASE("2.2  what was repeated is added up: axes of length 1, and those added on the left") {
  const Tensor x = numbers({{1, 2, 3}, {4, 5, 6}});
  expect_sum_to(x, {2, 1}, numbers({{6}, {15}}));
  expect_sum_to(x, {1, 3}, numbers({{5, 7, 9}}));
  expect_sum_to(x, {3}, numbers({5, 7, 9}));
  expect_sum_to(ones({4, 2, 3}), {2, 1}, tensor({{12.}, {12.}}));
}

TEST_CASE("2.2  down to a scalar") {
  expect_sum_to(numbers({{1, 2, 3}, {4, 5, 6}}), {}, numbers(21));
  expect_sum_to(numbers({7}), {}, numbers(7));
  expect_sum_to(numbers({{1, 2}, {3, 4}}), {1, 1}, numbers({{10}}));
}

TEST_CASE("2.2  if nothing was broadcast, x itself comes back") {
  for (const Shape& shape : {Shape{2, 3}, Shape{1, 3}, Shape{2, 1}, Shape{}, Shape{1}, Shape{0}}) {
    const Tensor x = ones(shape);
    expect_sum_to(x, shape, x);
    expect_that(sum_to(x, shape).shared_impl() == x.shared_impl(),
                text(shape, " summed to ", shape, ": expected x itself, got another tensor"));
  }
}

TEST_CASE("2.2  a length of 1 that stays 1, or is dropped from the left") {
  expect_sum_to(numbers({{{1, 2}}, {{3, 4}}}), {1, 1, 2}, numbers({{{4, 6}}}));
  expect_sum_to(numbers({{{1, 2}}, {{3, 4}}}), {1, 2}, numbers({{4, 6}}));
  expect_sum_to(numbers({{1, 2}}), {2}, numbers({1, 2}));
  expect_sum_to(numbers({{1}, {2}}), {1}, numbers({3}));
}

TEST_CASE("2.2  a sum of nothing is 0") {
  expect_sum_to(empty({0, 3}), {3}, zeros({3}));
  expect_sum_to(empty({0, 3}), {1, 3}, zeros({1, 3}));
  expect_sum_to(empty({2, 0}), {2, 1}, zeros({2, 1}));
  expect_sum_to(empty({2, 0}), {}, zeros({}));
  expect_sum_to(empty({0, 3}), {0, 1}, empty({0, 1}));
}

TEST_CASE("2.2  any shapes, dtypes and strides") {
  std::mt19937 random(22);
  for (int trial = 0; trial < 100; ++trial) {
    Shape wide(random() % 5);
    for (auto& length : wide) length = random() % 8 == 0 ? 0 : 1 + random() % 3;
    Shape narrow(wide.begin() + static_cast<std::ptrdiff_t>(random() % (wide.size() + 1)),
                 wide.end());
    for (auto& length : narrow)
      if (random() % 2) length = 1;
    const Tensor x = random_numbers(random, wide, random() % 2 ? int64 : float32);
    expect_sum_to(x, narrow, summed_plainly(x, narrow));
  }
  const Tensor transposed = numbers({{1, 2}, {3, 4}, {5, 6}}).transpose(0, 1);
  expect_sum_to(transposed, {2, 1}, numbers({{9}, {12}}));
  expect_sum_to(transposed, {3}, numbers({3, 7, 11}));
}

TEST_CASE("2.2  a sum of truth values counts") {
  expect_sum_to(tensor({{true, true}, {true, false}}), {2}, tensor({2, 1}));
  expect_sum_to(tensor({{true, true}, {true, false}}), {2, 1}, tensor({{2}, {1}}));
  expect_sum_to(tensor({{true, true}, {true, false}}), {}, tensor(3));
}

TEST_CASE("2.2  as many axes as you like") {
  Shape wide(200, 1), narrow(150, 1);
  wide[0] = 2;
  wide[51] = 5;
  wide[115] = narrow[65] = 3;
  wide[179] = 4;
  expect_sum_to(ones(wide), narrow, full(narrow, 40.));
}

TEST_CASE("2.2  sums are part of the graph") {
  for (const Shape& shape : {Shape{3}, Shape{2, 1}, Shape{1, 1}, Shape{}}) {
    const Tensor x = leaf({{1, 2, 3}, {4, 5, 6}}), y = sum_to(x, shape);
    const std::string what = text("[2, 3] summed to ", shape);
    expect_that(y.requires_grad(), what + ", where x requires gradients: the sum requires none");
    y.backward(full(shape, 7, float64));
    expect(what + ", the gradient of x for a gradient of 7s", x.grad(), full({2, 3}, 7, float64));
  }
}

TEST_CASE("2.2  the same x again, after somebody wrote other numbers into it") {
  Tensor x = numbers({{1, 2}, {3, 4}});
  const Tensor before = sum_to(x, {2});
  x.fill_(3);
  expect("[[3, 3], [3, 3]] summed to [2], where x was [[1, 2], [3, 4]]", sum_to(x, {2}),
         numbers({6, 6}));
  expect("the sums from before x was changed", before, numbers({4, 6}));
}

// 2.3 ---------------------------------------------------------------------------------------------

namespace {

/// Batches of matrices [batch, m, k] and [batch, k, n], by three loops.
Tensor multiplied_plainly(const Tensor& a, const Tensor& b) {
  const std::int64_t batch = a.size(0), m = a.size(1), inner = a.size(2), n = b.size(2);
  const std::vector<double> x = a.to_vector<double>(), y = b.to_vector<double>();
  Tensor out = zeros({batch, m, n}, float64);
  for (std::int64_t at = 0; at < batch; ++at)
    for (std::int64_t i = 0; i < m; ++i)
      for (std::int64_t j = 0; j < n; ++j)
        for (std::int64_t k = 0; k < inner; ++k)
          out.data_ptr<double>()[(at * m + i) * n + j] +=
              x[static_cast<std::size_t>((at * m + i) * inner + k)] *
              y[static_cast<std::size_t>((at * inner + k) * n + j)];
  return out;
}

}  // namespace

TEST_CASE("2.3  dA is dC times the transpose of B, dB the transpose of A times dC") {
  const Tensor a = leaf({{1, 2}, {3, 4}}), b = leaf({{5, 6}, {7, 8}});
  const Tensor dc = numbers({{1, 0}, {0, 10}});
  GIVEN(a);
  GIVEN(b);
  GIVEN(dc);
  const Tensors grads = rule_of(matmul(a, b), dc);
  expect("the number of gradients of A B", grads.size(), std::size_t{2});
  expect("dA", grads[0], numbers({{5, 7}, {60, 80}}));
  expect("dB", grads[1], numbers({{1, 30}, {2, 40}}));
}

TEST_CASE("2.3  a row times a column") {
  const Tensor a = leaf({{1, 2}}), b = leaf({{3}, {4}}), dc = numbers({{1}});
  GIVEN(a);
  GIVEN(b);
  GIVEN(dc);
  const Tensors grads = rule_of(matmul(a, b), dc);
  expect("the number of gradients of A B", grads.size(), std::size_t{2});
  expect("dA", grads[0], numbers({{3, 4}}));
  expect("dB", grads[1], numbers({{1}, {2}}));
}

TEST_CASE("2.3  an input that wants no gradient gets an undefined Tensor") {
  const Tensor wanted = leaf({{1, 2}, {3, 4}}), unwanted = numbers({{5, 6}, {7, 8}});
  const Tensor dc = numbers({{1, 0}, {0, 10}});
  const Tensors left = rule_of(matmul(wanted, unwanted), dc);
  expect("the number of gradients of A B, where B wants none", left.size(), std::size_t{2});
  expect_undefined("dB, where B wants none", left[1]);
  expect("dA, where B wants none", left[0], numbers({{5, 7}, {60, 80}}));
  const Tensors right = rule_of(matmul(unwanted, wanted), dc);
  expect("the number of gradients of A B, where A wants none", right.size(), std::size_t{2});
  expect_undefined("dA, where A wants none", right[0]);
  expect("dB, where A wants none", right[1], numbers({{5, 70}, {6, 80}}));
}

TEST_CASE("2.3  of a batch, the transpose exchanges the last two axes and leaves the first alone") {
  std::mt19937 random(23);
  const std::vector<Shape> sizes = {{2, 2, 2, 2}, {3, 2, 2, 2}, {5, 2, 3, 4}, {1, 4, 1, 3}};
  for (const Shape& s : sizes) {  // batch, m, k, n
    const Tensor a = random_numbers(random, {s[0], s[1], s[2]}).requires_grad_();
    const Tensor b = random_numbers(random, {s[0], s[2], s[3]}).requires_grad_();
    const Tensor dc = random_numbers(random, {s[0], s[1], s[3]});
    GIVEN(a);
    GIVEN(b);
    GIVEN(dc);
    matmul(a, b).backward(dc);
    const std::string product = text(" of ", a.shape(), " times ", b.shape());
    expect("dA" + product, a.grad(), multiplied_plainly(dc, b.detach().transpose(1, 2)));
    expect("dB" + product, b.grad(), multiplied_plainly(a.detach().transpose(1, 2), dc));
  }
}

TEST_CASE("2.3  hundreds of rows, of columns, of products in a sum, or in a batch") {
  std::mt19937 random(25);
  const std::vector<Shape> sizes = {{1, 300, 2, 3}, {1, 2, 700, 3}, {1, 2, 3, 700}, {300, 2, 1, 2}};
  for (const Shape& s : sizes) {  // batch, m, k, n
    // With more digits than a float has.
    const auto draw = [&](const Shape& shape) { return random_numbers(random, shape) * 1000001; };
    const Tensor a = draw({s[0], s[1], s[2]}).requires_grad_();
    const Tensor b = draw({s[0], s[2], s[3]}).requires_grad_();
    const Tensor dc = random_numbers(random, {s[0], s[1], s[3]});
    matmul(a, b).backward(dc);
    const std::string product = text(" of ", a.shape(), " times ", b.shape());
    expect("dA" + product, a.grad(), multiplied_plainly(dc, b.detach().transpose(1, 2)));
    expect("dB" + product, b.grad(), multiplied_plainly(a.detach().transpose(1, 2), dc));
    if (s[0] > 1) continue;
    const Tensor x = a[0].detach().requires_grad_(), y = b[0].detach().requires_grad_();
    matmul(x, y).backward(dc[0]);
    expect("dA" + product + ", without the batch", x.grad(), a.grad()[0]);
    expect("dB" + product + ", without the batch", y.grad(), b.grad()[0]);
  }
}

TEST_CASE("2.3  a B that is nearly symmetric") {
  const Tensor a = leaf({{1, 1, 1}}), b = leaf({{1, 2, 3}, {2, 5, 6}, {3, 9, 1}});
  const Tensor dc = numbers({{1, 10, 100}});
  GIVEN(a);
  GIVEN(b);
  GIVEN(dc);
  matmul(a, b).backward(dc);
  expect("dA", a.grad(), numbers({{321, 652, 193}}));
}

TEST_CASE("2.3  a dC that is one number, repeated; and infinite") {
  const double infinity = std::numeric_limits<double>::infinity(),
               nan = std::numeric_limits<double>::quiet_NaN();
  const Tensor a = leaf({{1}, {2}}), b = leaf({{2, -1}});
  GIVEN(a);
  GIVEN(b);
  const Tensors by_5 = rule_of(matmul(a, b), full({1, 1}, 5, float64).expand({2, 2}));
  expect("dA for a dC of 5s", by_5.at(0), numbers({{5}, {5}}));
  expect("dB for a dC of 5s", by_5.at(1), numbers({{15, 15}}));
  const Tensors infinite = rule_of(matmul(a, b), full({1, 1}, infinity, float64).expand({2, 2}));
  expect("dA, which is ∞ · 2 + ∞ · (-1)", infinite.at(0), numbers({{nan}, {nan}}));
  expect("dB, which is 1 · ∞ + 2 · ∞", infinite.at(1), numbers({{infinity, infinity}}));
}

TEST_CASE("2.3  of bias + A B, only the bias wants a gradient") {
  const Tensor bias = leaf({1, 2}), a = numbers({{1, 2}, {3, 4}}), b = numbers({{5, 6}, {7, 8}});
  addmm(bias, a, b).backward(numbers({{1, 10}, {100, 1000}}));
  expect("the gradient of the bias", bias.grad(), numbers({101, 1010}));
}

TEST_CASE("2.3  an inner length of 0, and no rows") {
  const auto wanting = [](const Shape& shape) { return ones(shape, float64).requires_grad_(); };
  const Tensor a = wanting({2, 0}), b = wanting({0, 3});
  const Tensors inner = rule_of(matmul(a, b), ones({2, 3}, float64));
  expect("dA of [2, 0] times [0, 3]", inner.at(0), empty({2, 0}, float64));
  expect("dB of [2, 0] times [0, 3]", inner.at(1), empty({0, 3}, float64));
  const Tensor none = wanting({0, 2}), some = wanting({2, 3});
  const Tensors rows = rule_of(matmul(none, some), empty({0, 3}, float64));
  expect("dA of [0, 2] times [2, 3]", rows.at(0), empty({0, 2}, float64));
  expect("dB of [0, 2] times [2, 3]", rows.at(1), zeros({2, 3}, float64));
}

TEST_CASE("2.3  central differences agree, for transposed operands and bias + A B, too") {
  std::mt19937 random(24);
  const auto of = [&](const Shape& shape) {
    return random_numbers(random, shape).requires_grad_();
  };
  const auto product = [](const Tensors& x) { return matmul(x[0], x[1]); };
  expect_central_differences("[2, 3] times [3, 4]", product, {of({2, 3}), of({3, 4})});
  expect_central_differences("[2, 3, 4] times [2, 4, 2]", product, {of({2, 3, 4}), of({2, 4, 2})});
  expect_central_differences(
      "[3, 2]ᵀ times [4, 3]ᵀ",
      [](const Tensors& x) { return matmul(x[0].transpose(0, 1), x[1].transpose(0, 1)); },
      {of({3, 2}), of({4, 3})});
  expect_central_differences("[4] + [2, 3] times [3, 4]",
                             [](const Tensors& x) { return addmm(x[0], x[1], x[2]); },
                             {of({4}), of({2, 3}), of({3, 4})});
}

TEST_CASE("2.3  PyTorch's gradients of matrix products") { expect_gradients_of_pytorch("matmul"); }

// 2.4 ---------------------------------------------------------------------------------------------

namespace {

/// An operation that computes the sum of its inputs, with this rule.
Tensor operation(const Tensors& inputs, Backward rule) {
  Tensor out;
  {
    NoGrad guard;
    out = inputs.at(0).detach().clone();
    for (std::size_t i = 1; i < inputs.size(); ++i) out = out + inputs[i].detach();
  }
  return record(out, "TestBackward", inputs, std::move(rule));
}

/// What a walk says that comes to a node for the second time.
REGISTER_EXCEPTION_TRANSLATOR(const std::bad_function_call&) {
  return "an operation's backward was called after it had become nullptr: has the walk come to "
         "one operation twice?";
}

}  // namespace

TEST_CASE("2.4  a gradient goes from the root to the leaves") {
  const Tensor x = leaf({2}), y = leaf({5});
  (x * 3).backward(numbers({1}));
  expect("y = 3x: the gradient of x", x.grad(), numbers({3}));
  (x * y).backward(numbers({10}));
  expect("then, with 10 · (x · y): the gradient of x", x.grad(), numbers({53}));
  expect("then, with 10 · (x · y): the gradient of y", y.grad(), numbers({20}));
  const Tensor root = leaf({4});
  root.backward(numbers({7}));
  expect("the gradient of a root that is a leaf", root.grad(), numbers({7}));
}

TEST_CASE("2.4  who is used several times receives the sum, and goes on when it is complete") {
  const Tensor u = leaf({2});
  Tensor v = u * u;
  v.retain_grad();
  Tensor m = v * v;
  m.retain_grad();
  (m + v).backward(numbers({1}));
  expect("u = 2, v = u · u, m = v · v, w = m + v: the gradient of m", m.grad(), numbers({1}));
  expect("u = 2, v = u · u, m = v · v, w = m + v: the gradient of v", v.grad(), numbers({9}));
  expect("u = 2, v = u · u, m = v · v, w = m + v: the gradient of u", u.grad(), numbers({36}));

  const Tensor x = leaf({3});
  (x * x + x * 2 + x).backward(numbers({1}));
  expect("x² + 2x + x: the gradient of x, at 3", x.grad(), numbers({9}));
}

TEST_CASE("2.4  each operation has its turn once, though a thousand paths lead to it") {
  const Tensor x = leaf({1});
  int calls = 0;
  Tensor y = x;
  for (int level = 0; level < 10; ++level)
    y = operation({y, y}, [&](const Tensor& grad) -> Tensors {
      ++calls;
      return {grad, grad};
    });
  y.backward(numbers({1}));
  expect("how often the rules of 10 operations were called", calls, 10);
  expect("the gradient of x, which 1024 paths lead to", x.grad(), numbers({1024}));
}

TEST_CASE("2.4  a broadcast input's gradient comes back to its shape and dtype") {
  const Tensor row = tensor({1., 2., 3.}).requires_grad_(), matrix = leaf({{1, 2, 3}, {4, 5, 6}});
  sum(row * matrix).backward();
  expect("the gradient of a float32 row, multiplied by a float64 matrix", row.grad(),
         tensor({5., 7., 9.}));
  expect("the gradient of the matrix", matrix.grad(), numbers({{1, 2, 3}, {1, 2, 3}}));
}

TEST_CASE("2.4  the hooks are called in order, once, with the complete gradient") {
  const Tensor x = leaf({3});
  Tensor y = x * 2;
  y.retain_grad();
  std::vector<double> seen;
  y.register_hook([&](const Tensor& grad) {
    seen.push_back(grad.item());
    return Tensor();
  });
  y.register_hook([&](const Tensor& grad) {
    seen.push_back(grad.item());
    return grad * 10;
  });
  y.register_hook([&](const Tensor& grad) {
    seen.push_back(grad.item());
    return grad + 1;
  });
  (y * 3 + y * 2).backward(numbers({1}));
  expect("what three hooks were called with, the second one returning 10 times as much", seen,
         std::vector<double>{5, 5, 50});
  expect("the gradient that was delivered after the hooks", y.grad(), numbers({51}));
  expect("the gradient that went on after the hooks", x.grad(), numbers({102}));
}

namespace {

/// A hook that does nothing, and says when its list is being copied.
struct SaysWhenCopied {
  std::shared_ptr<std::function<void()>> is_copied;
  explicit SaysWhenCopied(std::shared_ptr<std::function<void()>> say) : is_copied(std::move(say)) {}
  SaysWhenCopied(const SaysWhenCopied& other) : is_copied(other.is_copied) { (*is_copied)(); }
  SaysWhenCopied(SaysWhenCopied&&) = default;
  Tensor operator()(const Tensor&) const { return {}; }
};

}  // namespace

TEST_CASE("2.4  while the list of hooks is copied, no other thread adds one") {
  Tensor x = leaf({3});
  const auto say = std::make_shared<std::function<void()>>([] {});
  x.register_hook(SaysWhenCopied(say));
  const Tensor y = x * 2;
  std::promise<void> begins, added;
  std::jthread other;
  bool is_first = true, was_added = false;
  *say = [&] {
    if (!std::exchange(is_first, false)) return;
    other = std::jthread([&] {
      begins.set_value();
      x.register_hook([](const Tensor&) { return Tensor(); });
      added.set_value();
    });
    begins.get_future().wait();
    was_added = added.get_future().wait_for(50ms) == std::future_status::ready;
  };
  y.backward(numbers({1}));
  if (other.joinable()) other.join();
  *say = [] {};
  expect_that(!was_added,
              "another thread could add a hook to the list while it was copied: hooks_of(meta) "
              "holds its lock");
}

TEST_CASE("2.4  a leaf's hook may replace what is put into .grad") {
  const Tensor x = leaf({3});
  Tensor handle = x;
  handle.register_hook([](const Tensor& grad) { return grad * 100; });
  (x * 2 + x).backward(numbers({1}));
  expect("2x + x, and a hook that returns 100 times as much: the gradient of x", x.grad(),
         numbers({300}));
}

TEST_CASE("2.4  an operation that sends nothing has had its turn all the same") {
  const auto to_the_first = [](const Tensor& grad) -> Tensors { return {grad, Tensor()}; };
  const Tensor a = leaf({1}), b = leaf({1});
  Tensor b_handle = b;
  int hooks = 0;
  b_handle.register_hook([&](const Tensor&) {
    ++hooks;
    return Tensor();
  });
  operation({a, b}, to_the_first).backward(numbers({4}));
  expect("the gradient of an input that was sent 4", a.grad(), numbers({4}));
  expect_undefined("the gradient of a leaf that nothing was sent to", b.grad());
  expect("calls of the hook of a leaf that nothing was sent to", hooks, 0);

  // y is used twice; one of the two sends nothing, before or after the other.
  for (const bool first : {true, false}) {
    const Tensor x = leaf({1}), y = x * 3;
    const Tensor silent = operation({a.detach().requires_grad_(), y}, to_the_first);
    const Tensor loud = y * 5;
    (first ? loud + silent : silent + loud).backward(numbers({1}));
    expect("3x is used twice, and one use sends nothing: the gradient of x", x.grad(),
           numbers({15}));
  }
}

TEST_CASE("2.4  a constant gets nothing, even from a rule that sends it something") {
  const Tensor x = leaf({2}), constant = numbers({5});
  operation({constant, x}, [](const Tensor& grad) -> Tensors {
    return {grad * 4, grad * 3};
  }).backward(numbers({1}));
  expect("the gradient of x", x.grad(), numbers({3}));
  const Tensor matrix = leaf({{1, 2}, {3, 4}});
  matmul(matrix, numbers({1, 10})).backward(numbers({1, 1}));
  expect("the gradient of a matrix that a constant vector was multiplied by", matrix.grad(),
         numbers({{1, 10}, {1, 10}}));
}

TEST_CASE("2.4  with retain_graph a graph can be walked again, without it is freed") {
  const Tensor x = leaf({3}), y = x * x, z = y * 2;
  z.backward(numbers({1}), true);
  expect_that(z.autograd()->node->backward != nullptr && y.autograd()->node->backward != nullptr,
              "retain_graph: expected every node to keep its backward");
  expect("2x², walked with retain_graph: the gradient of x, at 3", x.grad(), numbers({12}));
  z.backward(numbers({1}));
  expect("2x², walked a second time: the gradient of x, at 3", x.grad(), numbers({24}));
  expect_that(z.autograd()->node->backward == nullptr,
              "without retain_graph: expected the root's backward to be nullptr");
  expect_that(y.autograd()->node->backward == nullptr,
              "without retain_graph: expected the backward of every node to be nullptr");
  expect_error(
      "a third walk", [&] { z.backward(numbers({1})); },
      "Trying to backward through the graph a second time");
  expect("the gradient of x after a walk that was refused", x.grad(), numbers({24}));
}

TEST_CASE("2.4  where nothing arrived no rule is called, and nobody waits for it") {
  const Tensor a = leaf({1}), x = leaf({1});
  int calls = 0;
  const Tensor dead = operation({x}, [&](const Tensor& grad) -> Tensors {
    ++calls;
    return {grad};
  });
  const Tensor silent = operation({a, dead}, [](const Tensor& grad) -> Tensors {
    return {grad, Tensor()};
  });
  (silent + x * 7).backward(numbers({1}));
  expect("calls of the rule of an operation that no gradient arrived at", calls, 0);
  expect("the gradient of x, used there and as 7x", x.grad(), numbers({7}));
  expect_that(dead.autograd()->node->backward == nullptr,
              "an operation that nothing arrived at: the walk has passed it, so expected its "
              "backward to be nullptr");
}

TEST_CASE("2.4  of several that are complete, the last one goes on first") {
  std::string order;
  const auto named = [&](const char* name) {
    Tensor t = leaf({1});
    t.register_post_accumulate_grad_hook([&order, name](Tensor&) { order += name; });
    return t;
  };
  const Tensor a = named("a"), b = named("b"), c = named("c"), d = named("d");
  (a + b).backward(numbers({1}));
  expect("a + b: the leaves in the order in which they are finished", order, std::string("ba"));
  order.clear();
  (a + b * c).backward(numbers({1}));
  expect("a + b · c: the leaves in the order in which they are finished", order,
         std::string("cba"));
  order.clear();
  ((a * b) * (c * d)).backward(numbers({1}));
  expect("(a · b) · (c · d): the leaves in the order in which they are finished", order,
         std::string("dcba"));
  order.clear();
  (a * (b * b) + a).backward(numbers({1}));
  expect("a · (b · b) + a: the leaves in the order in which they are finished", order,
         std::string("ba"));
}

TEST_CASE("2.4  nobody's gradient is changed in place") {
  const Tensor start = numbers({1}), x = leaf({1}), y = leaf({1});
  const Tensor p = x * 1, q = y * 1;
  Tensor seen;
  Tensor s = p + q;  // its rule hands the same tensor to both
  s.register_hook([&](const Tensor& grad) {
    seen = grad;
    return Tensor();
  });
  ((p * 2 + q * 3) + s).backward(start);
  expect("(2p + 3q) + (p + q): the gradient of p", x.grad(), numbers({3}));
  expect("(2p + 3q) + (p + q): the gradient of q", y.grad(), numbers({4}));
  expect("the gradient that a hook was given, after the walk", seen, numbers({1}));
  expect("the gradient that backward() was given, after the walk", start, numbers({1}));
}

TEST_CASE("2.4  nothing is recorded on the way") {
  const Tensor x = leaf({2});
  std::vector<bool> recording;
  Tensor y = operation({x}, [&](const Tensor& grad) -> Tensors {
    recording.push_back(grad_enabled());
    return {grad};
  });
  y.register_hook([&](const Tensor&) {
    recording.push_back(grad_enabled());
    return Tensor();
  });
  y.backward(numbers({1}));
  expect("grad_enabled() in a hook, and in a rule", recording, std::vector<bool>{false, false});
  expect("grad_enabled() after the walk", grad_enabled(), true);
}

TEST_CASE("2.4  grad() walks too, and delivers to what it was asked for") {
  const Tensor x = leaf({3}), y = leaf({5}), product = x * y;
  const Tensors found = grad(product * product, {y, product, x});
  expect("of (x · y)², the gradient of y", found[0], numbers({90}));
  expect("of (x · y)², the gradient of x · y", found[1], numbers({30}));
  expect("of (x · y)², the gradient of x", found[2], numbers({150}));
  expect_undefined("the .grad of x after grad()", x.grad());
}

TEST_CASE("2.4  random graphs") {
  std::mt19937 random(24);
  for (int trial = 0; trial < 30; ++trial) {
    const Tensor x = leaf({1});
    // Node k is w · (an earlier one) + v · (an earlier one), so its gradient is the sum over all
    // who use it.
    struct Use {
      std::size_t of;
      double weight;
    };
    std::vector<Tensor> tensors{x};
    std::vector<std::vector<Use>> uses{{}};
    for (int k = 1; k < 12; ++k) {
      const Use left{random() % tensors.size(), static_cast<double>(random() % 3)};
      const Use right{random() % tensors.size(), static_cast<double>(random() % 3) + 1};
      tensors.push_back(tensors[left.of] * left.weight + tensors[right.of] * right.weight);
      uses.push_back({left, right});
    }
    std::vector<double> expected(tensors.size(), 0);
    expected.back() = 1;
    for (std::size_t k = tensors.size() - 1; k > 0; --k)
      for (const Use& use : uses[k]) expected[use.of] += use.weight * expected[k];
    tensors.back().backward(numbers({1}));
    expect(text("the gradient of the leaf of random graph ", trial), x.grad(),
           numbers({expected[0]}));
  }
}

TEST_CASE("2.4  a rule that returns too few or too many gradients is an error") {
  const Tensor a = leaf({1}), b = leaf({1});
  const Tensor few = operation({a, b}, [](const Tensor& grad) -> Tensors { return {grad}; });
  expect_error(
      "one gradient for two inputs", [&] { few.backward(numbers({1})); }, "");
  const Tensor many = operation({a}, [](const Tensor& grad) -> Tensors { return {grad, grad}; });
  expect_error(
      "two gradients for one input", [&] { many.backward(numbers({1})); }, "");
}

TEST_CASE("2.4  the number of gradients is looked at, whatever the number of inputs") {
  for (const std::size_t inputs : {2U, 5U, 20U, 300U})
    for (const std::size_t gradients : {inputs - 1, inputs + 1, std::size_t{0}, 2 * inputs}) {
      const Tensor y = operation(Tensors(inputs, leaf({1})),
                                 [=](const Tensor& grad) { return Tensors(gradients, grad); });
      expect_error(
          text(gradients, " gradients for ", inputs, " inputs"), [&] { y.backward(numbers({1})); },
          "");
    }
}

TEST_CASE("2.4  a rule finds that the gradient of its result has been delivered") {
  const Tensor x = leaf({1});
  std::weak_ptr<TensorImpl> result;
  double seen = 0;
  Tensor y = operation({x}, [&](const Tensor& grad) -> Tensors {
    if (const Tensor delivered = Tensor(result.lock()).grad(); delivered.defined())
      seen = delivered.item();
    return {grad};
  });
  result = y.shared_impl();
  y.retain_grad();
  y.backward(numbers({7}));
  expect("the .grad of y when the rule of y is called, after y.retain_grad()", seen, 7.);
}

TEST_CASE("2.4  a hook that walks the same graph itself") {
  const Tensor x = leaf({1});
  Tensor y = x * 2;
  bool is_first = true;
  y.register_hook([&](const Tensor& grad) {
    if (std::exchange(is_first, false)) y.backward(grad * 10, true);
    return Tensor();
  });
  y.backward(numbers({1}), true);
  expect("2x, walked with 1, and with 10 by a hook on the way: the gradient of x", x.grad(),
         numbers({22}));
  y.backward(numbers({1}));
  expect("2x, walked once more: the gradient of x", x.grad(), numbers({24}));
}

TEST_CASE("2.4  a gradient that does not fit its input is an error") {
  const Tensor x = leaf({1, 2, 3});
  const auto sends = [&](const Tensor& grad) {
    return operation({x}, [grad](const Tensor&) -> Tensors { return {grad}; });
  };
  for (const Shape& shape : {Shape{3, 1}, Shape{2}, Shape{}, Shape{1}, Shape{2, 2}}) {
    const Tensor y = sends(ones(shape, float64));
    expect_error(
        text("a gradient of shape ", shape, " for an input of [3]"),
        [&] {
          y.backward(numbers({1, 1, 1}));
        },
        "");
  }
  const Tensor none = operation({x}, [](const Tensor&) -> Tensors { return {}; });
  expect_error(
      "no gradient for one input",
      [&] {
        none.backward(numbers({1, 1, 1}));
      },
      "");
  if (!cuda::is_available()) return;
  const Tensor there = sends(ones({3}, float64, cuda_device));
  expect_error(
      "a gradient on the GPU for an input on the CPU",
      [&] {
        there.backward(numbers({1, 1, 1}));
      },
      "returned an invalid gradient");
}

TEST_CASE("2.4  two threads walk at once, and the hook of one waits for that of the other") {
  const Tensor x = leaf({2});
  Tensor handle = x;
  std::atomic<int> arrived = 0;
  std::atomic<bool> alone = false;
  handle.register_hook([&](const Tensor&) {
    ++arrived;
    for (int wait = 0; arrived < 2; ++wait) {
      if (wait > 3000) {
        alone = true;
        break;
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    return Tensor();
  });
  std::vector<std::thread> threads;
  for (int i = 0; i < 2; ++i) threads.emplace_back([&] { (x * 3).backward(numbers({1})); });
  for (std::thread& thread : threads) thread.join();
  expect_that(!alone,
              "a walk waited for the end of another one, whose hook waited for the first: is "
              "something locked while a hook is called?");
  expect("the gradient of x after both", x.grad(), numbers({6}));
}

TEST_CASE("2.4  an operation with a hundred thousand inputs") {
  const Tensor x = leaf({1});
  const Tensor y = record(x.detach(), "TestBackward", Tensors(100'000, x),
                          [](const Tensor& grad) { return Tensors(100'000, grad); });
  y.backward(numbers({1}));
  expect("the gradient of x, which the operation takes 100,000 times", x.grad(),
         numbers({100'000}));
}

TEST_CASE("2.4  a chain of sixty thousand operations, by a loop") {
  const Tensor x = leaf({1});
  const char* first = nullptr;
  int calls = 0;
  const auto rule = [&](const Tensor& grad) -> Tensors {
    const auto* here = static_cast<const char*>(__builtin_frame_address(0));
    if (!first) first = here;
    ++calls;
    if (std::abs(here - first) > 1 << 20)  // before it overflows
      testing::wrong_answer(text("the stack has grown by a megabyte in ", calls,
                                 " operations: expected a loop, got a recursion"));
    return {grad};
  };
  Tensor y = x;
  for (int i = 0; i < 60'000; ++i) y = record(y.detach(), "StepBackward", {y}, rule);
  y.backward(numbers({1}));
  expect("the gradient at the end of the chain", x.grad(), numbers({1}));
}

TEST_CASE("2.4  a hundred thousand operations that nothing arrives at, by a loop") {
  const Tensor a = leaf({1}), x = leaf({1});
  Tensor dead = x;
  for (int i = 0; i < 100'000; ++i)
    dead = record(dead.detach(), "StepBackward", {dead}, [](const Tensor&) -> Tensors {
      testing::wrong_answer("a rule was called though no gradient arrived at its operation");
    });
  const Tensor root = operation({a, dead}, [](const Tensor& grad) -> Tensors {
    return {grad, Tensor()};
  });
  root.backward(numbers({1}));
  expect("the gradient of the input that something was sent to", a.grad(), numbers({1}));
  expect_undefined("the gradient at the end of the chain", x.grad());
}

// 2.5 ---------------------------------------------------------------------------------------------

namespace {

using Function = std::function<Tensor(const Tensors&)>;

/// Twice its input, with a gradient that somebody else makes of the right one.
Function twice(std::function<Tensor(const Tensor&)> gradient) {
  return [gradient](const Tensors& x) {
    Tensor out;
    {
      NoGrad guard;
      out = x[0].detach() * 2;
    }
    return record(out, "TwiceBackward", {x[0]},
                  [gradient](const Tensor& g) -> Tensors { return {gradient(g * 2)}; });
  };
}

/// The same, but element `at` of the gradient is multiplied by `factor`.
Function twice_but(std::int64_t at, double factor) {
  return twice([=](const Tensor& g) {
    Tensor wrong = g.clone();
    wrong.data_ptr<double>()[at] *= factor;
    return wrong;
  });
}

Tensor right(const Tensor& g) { return g; }

void expect_right(const std::string& what, const GradcheckResult& result) {
  if (!result.ok)
    testing::wrong_answer(what + ": expected nothing to complain of, got a complaint",
                          "got \"" + result.message + "\"");
  expect_that(result.message.empty(),
              what + ": expected no message, got \"" + result.message + "\"");
}

void expect_complaint(const std::string& what, const GradcheckResult& result,
                      const std::string& message) {
  expect_that(!result.ok, what + ": expected a complaint, got none");
  if (result.message != message)
    testing::wrong_answer(what + ": expected another complaint than \"" + result.message + "\"",
                          "expected \"" + message + "\"\ngot      \"" + result.message + "\"");
}

}  // namespace

TEST_CASE("2.5  a rule that is right") {
  const auto square = [](const Tensors& x) { return x[0] * x[0]; };
  expect_right("x² at 3", gradcheck(square, {leaf({3})}));
  expect_right("x² at 3, with eps = 0.001", gradcheck(square, {leaf({3})}, 0.001));
  expect_right("twice [2, 3] numbers", gradcheck(twice(right), {leaf({{1, 2, 3}, {4, 5, 6}})}));
  expect_right("exp(x) · tanh(y)",
               gradcheck([](const Tensors& x) { return exp(x[0]) * tanh(x[1]); },
                         {leaf({{0.1}, {0.2}}), leaf({0.3, 0.4, 0.5})}));
}

TEST_CASE("2.5  a rule with a wrong factor is found, and the message says where and what") {
  const Function doubled = twice([](const Tensor& g) { return g * 2; });
  expect_complaint("a rule that is twice too large", gradcheck(doubled, {leaf({3})}),
                   "gradcheck: input 0 of shape [1], element [0]: expected 1 (central difference), "
                   "got 2 (backward)");
  const Function negative = twice([](const Tensor& g) { return -g; });
  expect_complaint("a rule with the wrong sign, of a scalar", gradcheck(negative, {leaf(3)}),
                   "gradcheck: input 0 of shape [], element []: expected 1 (central difference), "
                   "got -1 (backward)");
}

TEST_CASE("2.5  a rule with a single wrong element") {
  const Tensor x = leaf({{1, 2, 3}, {4, 5, 6}});
  expect_complaint("element [1, 2] twice too large", gradcheck(twice_but(5, 2), {x}),
                   "gradcheck: input 0 of shape [2, 3], element [1, 2]: expected 4.7 (central "
                   "difference), got 9.4 (backward)");
  expect_complaint("element [1, 0] is 0", gradcheck(twice_but(3, 0), {x}),
                   "gradcheck: input 0 of shape [2, 3], element [1, 0]: expected 3.22 (central "
                   "difference), got 0 (backward)");
  expect_complaint("all elements 0: the first one is named",
                   gradcheck(twice([](const Tensor& g) { return g * 0; }), {x}),
                   "gradcheck: input 0 of shape [2, 3], element [0, 0]: expected 1 (central "
                   "difference), got 0 (backward)");
}

TEST_CASE("2.5  hundreds of elements, and of inputs") {
  expect_that(!gradcheck(twice_but(299, 2), {ones({300}, float64).requires_grad_()}).ok,
              "a wrong element [299] of 300: expected a complaint, got none");
  const Function last_is_wrong = [](const Tensors& x) {
    return x[0] + twice([](const Tensor& g) { return g * 3; })({x.back()});
  };
  Tensors inputs;
  for (int i = 0; i < 300; ++i) inputs.push_back(leaf({1}));
  expect_complaint("a rule that is wrong for the last of 300 inputs",
                   gradcheck(last_is_wrong, inputs),
                   "gradcheck: input 299 of shape [1], element [0]: expected 1 (central "
                   "difference), got 3 (backward)");
}

TEST_CASE("2.5  a missing gradient counts as 0") {
  expect_complaint("a rule that returns nothing",
                   gradcheck(twice([](const Tensor&) { return Tensor(); }), {leaf({3})}),
                   "gradcheck: input 0 of shape [1], element [0]: expected 1 (central difference), "
                   "got 0 (backward)");
  const auto first = [](const Tensors& x) { return x[0] * 1; };
  expect_right("an input that f does not use", gradcheck(first, {leaf({3}), leaf({4})}));
}

TEST_CASE("2.5  rows that were exchanged do not cancel: each element has a weight of its own") {
  const Function exchanged = twice([](const Tensor& g) { return cat({g[1], g[0]}).view({2, 2}); });
  expect_complaint("a rule that exchanges two rows", gradcheck(exchanged, {leaf({{1, 2}, {3, 4}})}),
                   "gradcheck: input 0 of shape [2, 2], element [0, 0]: expected 1 (central "
                   "difference), got 2.48 (backward)");
}

TEST_CASE("2.5  every input that requires gradients is checked, and no other") {
  const auto second_wrong = [](const Tensors& x) {
    return x[0] + twice([](const Tensor& g) { return g * 3; })({x[1]});
  };
  expect_complaint("a rule that is wrong for the second input",
                   gradcheck(second_wrong, {leaf({1}), leaf({2})}),
                   "gradcheck: input 1 of shape [1], element [0]: expected 1 (central difference), "
                   "got 3 (backward)");
  expect_right("the same, where the second input requires none",
               gradcheck(second_wrong, {leaf({1}), numbers({2})}));
  expect_right("an index, which has no gradient, beside it",
               gradcheck([](const Tensors& x) { return index_select(x[0], 0, x[1]); },
                         {leaf({1, 2, 3}), tensor({2, 0, 2})}));
}

TEST_CASE("2.5  the difference is (L(x + eps) − L(x − eps)) / 2eps, and then x is put back") {
  const auto product = [](const Tensors& x) { return x[0] * x[1]; };
  expect_right("x · y, with eps = 0.5", gradcheck(product, {leaf({2, 3}), leaf({5, 7})}, 0.5));
  expect_right("x², with eps = 0.5",
               gradcheck([](const Tensors& x) { return x[0] * x[0]; }, {leaf({3, 5})}, 0.5));
  expect_complaint("x³ at 0, with eps = 1",
                   gradcheck([](const Tensors& x) { return pow(x[0], 3); }, {leaf({0})}, 1),
                   "gradcheck: input 0 of shape [1], element [0]: expected 0.5 (central "
                   "difference), got 0 (backward)");
}

TEST_CASE("2.5  within atol + rtol |expected|") {
  const auto off = [](double by) { return gradcheck(twice_but(0, by), {leaf({3})}, 1e-6, 0, 0.1); };
  expect_right("9 % too large, with rtol = 10 %", off(1.09));
  expect_that(!off(1.105).ok, "10.5 % too large, with rtol = 10 %: expected a complaint, got none");
  expect_that(!off(0.89).ok, "11 % too small, with rtol = 10 %: expected a complaint, got none");
  expect_right("1 and 1, with atol = rtol = 0", gradcheck(twice(right), {leaf({3})}, 0.5, 0, 0));
  const auto absolute = [](double by) {
    return gradcheck(twice_but(0, by), {leaf({3})}, 1e-6, 0.1, 0);
  };
  expect_right("1.09 instead of 1, with atol = 0.1", absolute(1.09));
  expect_that(!absolute(1.11).ok,
              "1.11 instead of 1, with atol = 0.1: expected a complaint, got none");
  expect_right("1.15 instead of 1, with atol = rtol = 0.1",
               gradcheck(twice_but(0, 1.15), {leaf({3})}, 1e-6, 0.1, 0.1));
  expect_that(!gradcheck(twice_but(0, 1.01), {leaf({3})}).ok,
              "1 % too large, with the tolerances that are given: expected a complaint, got none");
}

TEST_CASE("2.5  NaN never agrees") {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const Function gives_nan = twice([=](const Tensor& g) { return g * nan; });
  expect_that(!gradcheck(gives_nan, {leaf({3})}).ok,
              "a rule that returns NaN: expected a complaint, got none");
  const auto log_of_it = [](const Tensors& x) { return log(x[0]); };
  expect_that(!gradcheck(log_of_it, {leaf({nan})}).ok,
              "log of NaN, where both are NaN: expected a complaint, got none");
}

TEST_CASE("2.5  infinite differences and gradients, by the same formula") {
  const double infinity = std::numeric_limits<double>::infinity();
  const auto log_of_it = [](const Tensors& x) { return log(x[0]); };
  // log 0 is -inf, so the difference is infinite, and so is what is tolerated.
  expect_right("log of 0.5, with eps = 0.5", gradcheck(log_of_it, {leaf({0.5})}, 0.5));
  const Function infinite = twice([=](const Tensor& g) { return g * infinity; });
  expect_that(!gradcheck(infinite, {leaf({3})}).ok,
              "a rule that returns infinity: expected a complaint, got none");
  const auto infinite_log = [=](const Tensors& x) {
    return record(log(x[0].detach()), "LogBackward", {x[0]},
                  [=](const Tensor& g) -> Tensors { return {g * infinity}; });
  };
  expect_that(!gradcheck(infinite_log, {leaf({0.5})}, 0.5).ok,
              "infinity beside infinity, whose difference is NaN: expected a complaint, got none");
}

TEST_CASE("2.5  the caller's tensors, their .grad and their graph stay as they are") {
  const Tensor x = leaf({3, 4}), y = x * 2;
  x.autograd()->grad = numbers({7, 7});
  int moved = 0;
  const auto f = [&](const Tensors& in) {
    if (x.to_vector<double>() != std::vector<double>{3, 4}) ++moved;
    return in[0] * in[1];
  };
  expect_right("x · y, where y is 2x", gradcheck(f, {x, y}));
  expect("how often f saw the caller's tensor changed", moved, 0);
  expect("the caller's x afterwards", x, numbers({3, 4}));
  expect("the .grad of the caller's x", x.grad(), numbers({7, 7}));
  expect_that(y.autograd()->node->backward != nullptr,
              "expected the graph of the caller's y to be kept, and it was walked and freed");
  const GradcheckResult wrong = gradcheck(twice([](const Tensor& g) { return -g; }), {x});
  expect("x after a complaint", x, numbers({3, 4}));
  expect("whether the wrong sign was found", wrong.ok, false);
}

TEST_CASE("2.5  transposed, scalar and empty inputs") {
  const Tensor x = numbers({{1, 2}, {3, 4}, {5, 6}}).transpose(0, 1).requires_grad_();
  const auto square = [](const Tensors& in) { return in[0] * in[0]; };
  expect_right("x² of a transposed [3, 2]", gradcheck(square, {x}));
  expect("the transposed tensor afterwards", x, numbers({{1, 3, 5}, {2, 4, 6}}));
  expect_complaint("a wrong element of a transposed [3, 2]", gradcheck(twice_but(2, 2), {x}),
                   "gradcheck: input 0 of shape [2, 3], element [0, 2]: expected 2.48 (central "
                   "difference), got 4.96 (backward)");
  expect_right("x² of a scalar", gradcheck(square, {leaf(3)}));
  expect_right("x² of [2, 0]", gradcheck(square, {empty({2, 0}, float64).requires_grad_()}));
  expect_right("a row that is repeated four times", gradcheck(
                                                        [](const Tensors& in) {
                                                          return in[0].expand({4, 3}) * in[0];
                                                        },
                                                        {leaf({1, 2, 3})}));
}

TEST_CASE("2.5  float32 has too few digits") {
  expect_error(
      "an input that is float32 and requires gradients",
      [] { gradcheck(twice(right), {tensor({3.}).requires_grad_()}); },
      "gradcheck: inputs that require gradients must be float64, got float32");
}
