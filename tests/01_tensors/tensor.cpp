/// Making tensors, looking at them under other shapes, and computing with them.
#include <doctest/doctest.h>

#include <array>
#include <cmath>
#include <limits>
#include <locale>

#include "kindling/autograd.h"
#include "kindling/ops.h"
#include "kindling/xtensor.h"
#include "testing/oracle.h"
#include "testing/random_layout.h"

using namespace kindling;
using Ints = std::vector<std::int64_t>;

TEST_CASE("nested lists of any depth, with Python's types") {
  CHECK(tensor({1, 2, 3}).dtype() == int64);
  CHECK(tensor({1., 2.}).dtype() == float32);
  CHECK(tensor({1, 2.5}).dtype() == float32);
  CHECK(tensor({true, false}).dtype() == bool_);
  CHECK(tensor({true, 2}).dtype() == int64);
  CHECK(tensor(7).shape() == Shape{});
  CHECK(tensor({}).shape() == Shape{0});
  CHECK(tensor({}).dtype() == float32);
  CHECK(tensor({{1}}).shape() == Shape{1, 1});
  CHECK(tensor({{1, 2}, {3, 4}, {5, 6}}).shape() == Shape{3, 2});
  CHECK(tensor({{{{1, 2, 3}}}}).shape() == Shape{1, 1, 1, 3});
  CHECK(tensor({{}, {}}).shape() == Shape{2, 0});
  CHECK(tensor({{1, 2}, {3, 4}}, float64).dtype() == float64);
  CHECK(tensor({{1, 2}, {3, 4}}).to_vector<int>() == std::vector<int>{1, 2, 3, 4});
  const std::int64_t large = (std::int64_t{1} << 60) + 1;  // no double can hold it
  CHECK(tensor({large}).item<std::int64_t>() == large);
  CHECK((tensor({large}) + 1).item<std::int64_t>() == large + 1);
}

TEST_CASE("ragged lists are refused, and the text says where") {
  CHECK_THROWS_WITH_AS(
      tensor({{1, 2}, {3}}),
      "tensor: ragged lists: expected a list of length 2 at depth 1, got one of length 1", Error);
  CHECK_THROWS_WITH_AS(tensor({{1, 2}, 3}),
                       "tensor: ragged lists: expected a list of length 2 at depth 1, got a number",
                       Error);
  CHECK_THROWS_WITH_AS(tensor({1, {2}}),
                       "tensor: ragged lists: expected a number at depth 1, got a list", Error);
}

TEST_CASE("makers") {
  CHECK(zeros({2, 2}).to_vector<float>() == std::vector<float>{0, 0, 0, 0});
  CHECK(ones({2}, int64).to_vector<int>() == std::vector<int>{1, 1});
  CHECK(full({2}, 7).dtype() == int64);
  CHECK(full({2}, 7.).dtype() == float32);
  CHECK(full({}, true).item<bool>());
  CHECK(eye(3).to_vector<int>() == std::vector<int>{1, 0, 0, 0, 1, 0, 0, 0, 1});
  CHECK(eye(0).shape() == Shape{0, 0});
  CHECK(arange(4).to_vector<int>() == std::vector<int>{0, 1, 2, 3});
  CHECK(arange(5, 0, -2).to_vector<int>() == std::vector<int>{5, 3, 1});
  CHECK(arange(0, 1, 0.25).to_vector<float>() == std::vector<float>{0, 0.25F, 0.5F, 0.75F});
  CHECK(arange(3, 3).shape() == Shape{0});
  CHECK_THROWS_AS(arange(0, 3, -1), Error);
  CHECK_THROWS_AS(arange(0, 3, 0), Error);
  CHECK(linspace(0, 1, 5).to_vector<float>() == std::vector<float>{0, 0.25F, 0.5F, 0.75F, 1});
  CHECK(linspace(3, 9, 1).to_vector<float>() == std::vector<float>{3});
  CHECK_THROWS_AS(linspace(0, 1, -1), Error);
  CHECK_THROWS_AS(zeros({2, -1}), Error);
  CHECK_THROWS_AS(randint(3, 3, {2}), Error);
  CHECK_THROWS_AS(randperm(-1), Error);
}

TEST_CASE("copies of a handle and views share memory; clones do not") {
  Tensor x = arange(12).view({3, 4});
  Tensor handle = x;
  handle[0][0].fill_(100);
  CHECK(x[0][0].item() == 100);
  x.T()[1][0].fill_(101);
  CHECK(x[0][1].item() == 101);
  x.slice(1, 0, 4, 2).zero_();
  CHECK(x.to_vector<int>() == std::vector<int>{0, 101, 0, 3, 0, 5, 0, 7, 0, 9, 0, 11});
  Tensor copy = x.clone();
  copy.zero_();
  CHECK(x[0][1].item() == 101);
  CHECK(x.reshape({4, 3}).storage() == x.storage());
  CHECK_FALSE(x.T().reshape({12}).storage() == x.storage());
  CHECK_THROWS_AS(x.T().view({12}), Error);
  CHECK(x.contiguous().storage() == x.storage());
  CHECK(x.T().contiguous().strides() == Shape{3, 1});
}

TEST_CASE("from_blob works on memory that is the caller's") {
  std::array<float, 6> memory{1, 2, 3, 4, 5, 6};
  Tensor x = from_blob(memory.data(), {2, 3});
  x.mul_(2);
  CHECK(memory[5] == 12);
  memory[0] = -1;
  CHECK(x[0][0].item() == -1);
}

TEST_CASE("xtensor and tensor see the same memory, in both directions") {
  xt::xarray<float> array = {{1, 2, 3}, {4, 5, 6}};
  Tensor shared = from_xtensor(array);
  array(1, 2) = 60;
  CHECK(shared[1][2].item() == 60);
  shared[0][0].fill_(10);
  CHECK(array(0, 0) == 10);

  Tensor owned;
  {
    xt::xarray<double> local = {1., 2., 3.};
    owned = from_xtensor(std::move(local));
  }
  CHECK(owned.to_vector<double>() == std::vector<double>{1, 2, 3});

  const Tensor t = arange(6).view({2, 3});
  auto seen = as_xtensor<std::int64_t>(t.T());
  CHECK(seen.shape()[0] == 3);
  CHECK(seen(2, 1) == 5);
  seen(0, 1) = 30;
  CHECK(t[1][0].item() == 30);
  const Tensor cut = t.slice(1, 1, 3);
  CHECK(xt::sum(as_xtensor<std::int64_t>(cut))() == 1 + 2 + 4 + 5);
  CHECK_THROWS_WITH_AS(as_xtensor<float>(t),
                       "data_ptr: asked for float32 elements of a int64 tensor", Error);
}

TEST_CASE("zero-size and 0-d tensors work everywhere") {
  for (const Shape& shape : {Shape{0}, Shape{0, 3}, Shape{3, 0}, Shape{2, 0, 4}}) {
    const Tensor x = zeros(shape);
    CAPTURE(shape);
    CHECK((x + 1).shape() == shape);
    CHECK((x * x).shape() == shape);
    CHECK(exp(x).numel() == 0);
    CHECK((x == x).shape() == shape);
    CHECK(sum(x).item() == 0);
    CHECK(std::isnan(mean(x).item()));
    CHECK(all(x).item<bool>());
    CHECK_FALSE(any(x).item<bool>());
    CHECK_THROWS_AS(max(x), Error);
    CHECK_THROWS_AS(argmax(x), Error);
    CHECK(x.T().contiguous().numel() == 0);
    CHECK(x.reshape({0, 7}).shape() == Shape{0, 7});
    CHECK(cat({x, x}, 0).shape()[0] == 2 * shape[0]);
    CHECK(x.to(int64).dtype() == int64);
    CHECK(x.clone().shape() == shape);
  }
  CHECK(matmul(zeros({2, 0}), zeros({0, 3})).to_vector<float>() == std::vector<float>(6, 0));
  CHECK(matmul(zeros({0, 2}), zeros({2, 3})).shape() == Shape{0, 3});
  CHECK(matmul(zeros({0, 2, 3}), zeros({3, 4})).shape() == Shape{0, 2, 4});

  const Tensor scalar = tensor(3.);
  CHECK((scalar + scalar).item() == 6);
  CHECK(sum(scalar).item() == 3);
  CHECK(sum(scalar, 0).item() == 3);
  CHECK(max(scalar, 0).indices.item() == 0);
  CHECK(scalar.T().shape() == Shape{});
  CHECK(scalar.reshape({1, 1}).shape() == Shape{1, 1});
  CHECK(scalar.flatten().shape() == Shape{1});
  CHECK(scalar.unsqueeze(0).shape() == Shape{1});
  CHECK(softmax(scalar, 0).item() == 1);
  CHECK(scalar.expand({2, 2}).to_vector<float>() == std::vector<float>(4, 3));
  CHECK_THROWS_AS(scalar[0], Error);
}

TEST_CASE("elementwise operations do not depend on strides") {
  std::mt19937 random(5);
  manual_seed(5);
  for (int trial = 0; trial < 300; ++trial) {
    const auto make = [&](DType dtype) {
      const Layout layout = testing::random_layout(random);
      Tensor memory = (randn({300}) * 4).to(dtype);
      return Tensor(memory.storage(), layout, dtype);
    };
    const DType dtype = std::array{float32, float64, int64}[trial % 3];
    const Tensor a = make(dtype);
    const Tensor dense = a.contiguous().clone();
    CAPTURE(a.shape());
    CAPTURE(a.strides());
    REQUIRE(a.to_vector<double>() == dense.to_vector<double>());
    for (const auto& f :
         {+[](const Tensor& x) { return abs(x); }, +[](const Tensor& x) { return x + 3; },
          +[](const Tensor& x) { return relu(x); }, +[](const Tensor& x) { return x * x; },
          +[](const Tensor& x) { return (x < 1).to(float32); },
          +[](const Tensor& x) { return sum(x); }})
      REQUIRE(equal(f(a), f(dense)));
    // SIMD and scalar code may differ in the last digit.
    REQUIRE(allclose(tanh(a), tanh(dense), 1e-6, 1e-6));
  }
}

TEST_CASE("a repeated operand is as good as a copied one") {
  const Tensor x = arange(6).view({2, 3}).to(float32);
  for (const Shape& shape : {Shape{3}, Shape{1, 3}, Shape{2, 1}, Shape{}, Shape{1, 1}}) {
    const Tensor y = (arange(numel(shape)) + 1).view(shape).to(float32);
    const Tensor wide = y.expand({2, 3}).clone();
    CAPTURE(shape);
    CHECK(equal(x + y, x + wide));
    CHECK(equal(x / y, x / wide));
    CHECK(equal(y - x, wide - x));
    CHECK(equal(x < y, x < wide));
    CHECK(equal(where(x > y, x, y), where(x > wide, x, wide)));
  }
}

TEST_CASE("NaN and infinity go where PyTorch lets them go") {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const float inf = std::numeric_limits<float>::infinity();
  const std::vector<float> values{nan, inf, -inf, -0.F, 1,
                                  2,   3,   4,    5};  // longer than a SIMD register
  const Tensor x = tensor(values);
  for (const auto& f : {+[](const Tensor& t) { return exp(t); },
                        +[](const Tensor& t) { return log(t); },
                        +[](const Tensor& t) { return tanh(t); },
                        +[](const Tensor& t) { return sigmoid(t); },
                        +[](const Tensor& t) { return relu(t); },
                        +[](const Tensor& t) { return gelu(t); },
                        +[](const Tensor& t) { return clamp(t, -1, 1); },
                        +[](const Tensor& t) { return sqrt(t); },
                        +[](const Tensor& t) { return abs(t); },
                        +[](const Tensor& t) { return pow(t, 2); },
                        +[](const Tensor& t) { return log1p(t); },
                        +[](const Tensor& t) { return 1 / t; },
                        +[](const Tensor& t) { return sin(t); },
                        +[](const Tensor& t) { return cos(t); },
                        +[](const Tensor& t) { return erf(t); },
                        +[](const Tensor& t) { return rsqrt(t); },
                        +[](const Tensor& t) { return floor(t); },
                        +[](const Tensor& t) { return round(t); },
                        +[](const Tensor& t) { return gelu(t, "tanh"); },
                        +[](const Tensor& t) { return remainder(t, 2); },
                        +[](const Tensor& t) { return floor_divide(t, 2); }})
    CHECK(std::isnan(f(x)[0].item()));
  CHECK(exp(x)[1].item() == inf);
  CHECK(exp(x)[2].item() == 0);
  CHECK(tanh(x)[1].item() == 1);
  CHECK(sigmoid(x)[2].item() == 0);
  CHECK(relu(x)[2].item() == 0);
  CHECK(std::isnan(max(x).item()));
  CHECK(argmax(x).item() == 0);
  CHECK(std::isnan(sum(x).item()));
  CHECK(std::isnan(maximum(x, full({}, 7.))[0].item()));
  CHECK(std::isnan(maximum(full({}, 7.), x)[0].item()));
  CHECK_FALSE((x == x)[0].item<bool>());
  CHECK(isnan(x).to_vector<int>() == std::vector<int>{1, 0, 0, 0, 0, 0, 0, 0, 0});
  CHECK(x.to(bool_)[0].item<bool>());
  CHECK(x.to(int64)[4].item() == 1);
  CHECK(logsumexp(tensor({-inf, -inf})).item() == -inf);
  CHECK(logsumexp(tensor({inf, 1.F})).item() == inf);
}

TEST_CASE("long float32 sums stay exact enough") {
  const Tensor x = full({1'000'000}, 0.1);
  CHECK(sum(x).item() == doctest::Approx(100000.0014901161).epsilon(1e-6));
  CHECK(sum(x.view({1000, 1000}), 0)[0].item() == doctest::Approx(100.0000014901161).epsilon(1e-5));
}

TEST_CASE("bad arguments are named, and nothing changes") {
  const Tensor x = arange(6).view({2, 3}), f = x.to(float32);
  CHECK_THROWS_WITH_AS(matmul(f, f), "matmul: inner dimensions must agree, got [2, 3] x [2, 3]",
                       Error);
  CHECK_THROWS_WITH_AS(
      matmul(f, x.T()),
      "matmul: expected both operands to have the same dtype, got float32 and int64", Error);
  CHECK_THROWS_AS(matmul(f, tensor(1.)), Error);
  CHECK_THROWS_AS(f + zeros({4}), Error);
  CHECK_THROWS_AS(sum(f, 2), Error);
  CHECK_THROWS_WITH_AS(sum(f, {0, -2}), "sum: dim 0 appears multiple times in the list of dims",
                       Error);
  CHECK_THROWS_AS(mean(x), Error);
  CHECK_THROWS_AS(f[2], Error);
  CHECK_THROWS_AS(f.narrow(1, 2, 2), Error);
  CHECK_THROWS_AS(f.slice(0, 0, 2, 0), Error);
  CHECK_THROWS_AS(f.permute({0, 0}), Error);
  CHECK_THROWS_AS(f.expand({3, 3}), Error);
  CHECK_THROWS_AS(f.squeeze(5), Error);
  CHECK_THROWS_AS(cat({f, zeros({2, 2})}, 0), Error);
  CHECK_THROWS_AS(cat({}, 0), Error);
  CHECK_THROWS_AS(stack({f, zeros({2, 2})}), Error);
  CHECK_THROWS_AS(split(f, 0, 0), Error);
  CHECK_THROWS_AS(split(f, std::vector<std::int64_t>{1, 2}, 0), Error);
  CHECK_THROWS_AS(chunk(f, 0), Error);
  CHECK_THROWS_AS(repeat(f, {2}), Error);
  CHECK_THROWS_WITH_AS(index_select(f, 0, tensor({0, 2})),
                       "index_select: index 2 is out of bounds for dimension with size 2", Error);
  CHECK_THROWS_AS(index_select(f, 0, tensor({0.5})), Error);
  CHECK_THROWS_AS(gather(f, 1, tensor({{0, -1}, {0, 0}})), Error);
  CHECK_THROWS_AS(where(x, f, f), Error);
  CHECK_THROWS_AS(triu(tensor({1., 2.})), Error);
  CHECK_THROWS_AS(clamp(f, {}, {}), Error);
  CHECK_THROWS_AS(-tensor({true}), Error);
  CHECK_THROWS_AS(f.item(), Error);
  CHECK_THROWS_AS(f.data_ptr<double>(), Error);
  CHECK_THROWS_AS(f.to(Device{Device::Type::cuda, 99}), Error);
  CHECK_THROWS_WITH_AS(
      Tensor().shape(),
      "this tensor is undefined: it was default-constructed and nothing has been assigned to it",
      Error);
  CHECK_THROWS_AS(Tensor(f.storage(), Layout({7}), float32), Error);
  CHECK_THROWS_AS(Tensor(f.storage(), Layout({2}, {-1}, 0), float32), Error);

  Tensor target = x.clone();
  CHECK_THROWS_WITH_AS(target.add_(tensor({0.5, 0.5, 0.5})),
                       "add_: result type float32 can't be cast to the desired output type int64",
                       Error);
  CHECK_THROWS_AS(target.add_(zeros({3, 3}, int64)), Error);
  CHECK_THROWS_AS(target.copy_(zeros({4}, int64)), Error);
  CHECK_THROWS_AS(target.div_(2), Error);
  CHECK_THROWS_AS(target.uniform_(), Error);
  CHECK_THROWS_AS(target.expand({2, 2, 3}).add_(1), Error);
  CHECK(equal(target, x));
  Tensor random = zeros({2});
  CHECK_THROWS_AS(random.uniform_(1, 0), Error);
  CHECK_THROWS_AS(random.normal_(0, -1), Error);
  CHECK_THROWS_AS(random.bernoulli_(1.5), Error);
  CHECK(equal(random, zeros({2})));
}

TEST_CASE(
    "changes in place reach every view, and overlapping operands are read before they are "
    "written") {
  Tensor x = arange(6).view({2, 3}).to(float32);
  Tensor row = x[1];
  x.add_(10).mul_(2).div_(4).sub_(tensor({1., 2., 3.}));
  CHECK(row.to_vector<float>() == std::vector<float>{5.5F, 5, 4.5F});
  Tensor square = arange(9).view({3, 3});
  square.add_(square.T());
  CHECK(square.to_vector<int>() == std::vector<int>{0, 4, 8, 4, 8, 12, 8, 12, 16});
  Tensor line = arange(5);
  line.slice(0, 1, 5).copy_(line.slice(0, 0, 4));
  CHECK(line.to_vector<int>() == std::vector<int>{0, 0, 1, 2, 3});
  Tensor strided = zeros({4, 4});
  strided.T().slice(0, 0, 4, 2).fill_(1);
  CHECK(sum(strided, 0).to_vector<int>() == std::vector<int>{4, 0, 4, 0});
}

TEST_CASE("a generator's state continues the same stream, the kept normal included") {
  Generator generator(123);
  randn({3}, float32, generator);
  const std::string state = generator.state();
  const auto draw = [](Generator& g) {
    return cat({randn({3}, float32, g), rand({4}, float32, g)}).to_vector<float>();
  };
  const auto expected = draw(generator);
  Generator other;
  other.set_state(state);
  CHECK(draw(other) == expected);
  const std::string before = other.state();
  CHECK_THROWS_AS(other.set_state("nonsense"), Error);
  CHECK(other.state() == before);

  struct German : std::numpunct<char> {
    char do_decimal_point() const override { return ','; }
    char do_thousands_sep() const override { return '.'; }
    std::string do_grouping() const override { return "\3"; }
  };
  const std::locale usual = std::locale::global(std::locale(std::locale(), new German));
  Generator abroad(123);
  randn({3}, float32, abroad);
  CHECK(abroad.state() == state);
  other.set_state(state);
  std::locale::global(usual);
  CHECK(draw(other) == expected);
}

TEST_CASE("SIMD registers come to what single numbers come to, NaN and infinity included") {
  const double infinity = std::numeric_limits<double>::infinity();
  const std::vector<double> special = {
      0.,   -0.,   1.,    -1.,   0.5,  2.,        3.,        -3.,   1e-30,    1e30,      -1e30,
      88.5, -87.2, 88.72, 88.73, 1e-4, 16777217., -3.402e38, 1e-37, infinity, -infinity, NAN};
  const auto n = static_cast<std::int64_t>(special.size());
  const Tensor x = tensor(special).to(float32);
  const auto strided = [](const Tensor& dense) {  // which is computed a number at a time
    return stack({dense, dense}, 1).select(1, 0);
  };
  const testing::Tolerance tolerance{1e-6, 1e-37};

  using OfOne = Tensor (*)(const Tensor&);
  const std::vector<std::pair<std::string, OfOne>> of_one = {
      {"neg", +[](const Tensor& t) { return -t; }},
      {"abs", +[](const Tensor& t) { return abs(t); }},
      {"exp", +[](const Tensor& t) { return exp(t); }},
      {"log", +[](const Tensor& t) { return log(t); }},
      {"log1p", +[](const Tensor& t) { return log1p(t); }},
      {"sqrt", +[](const Tensor& t) { return sqrt(t); }},
      {"tanh", +[](const Tensor& t) { return tanh(t); }},
      {"sigmoid", +[](const Tensor& t) { return sigmoid(t); }},
      {"relu", +[](const Tensor& t) { return relu(t); }},
      {"gelu", +[](const Tensor& t) { return gelu(t); }},
      {"gelu, nearly", +[](const Tensor& t) { return gelu(t, "tanh"); }},
      {"sin", +[](const Tensor& t) { return sin(t); }},
      {"cos", +[](const Tensor& t) { return cos(t); }},
      {"erf", +[](const Tensor& t) { return erf(t); }},
      {"floor", +[](const Tensor& t) { return floor(t); }},
      {"ceil", +[](const Tensor& t) { return ceil(t); }},
      {"round", +[](const Tensor& t) { return round(t); }},
      {"rsqrt", +[](const Tensor& t) { return rsqrt(t); }},
      {"clamp", +[](const Tensor& t) { return clamp(t, -2, 2.5); }},
      {"pow 0", +[](const Tensor& t) { return pow(t, 0); }},
      {"pow 2", +[](const Tensor& t) { return pow(t, 2); }},
      {"pow -1", +[](const Tensor& t) { return pow(t, -1); }},
      {"pow 0.5", +[](const Tensor& t) { return pow(t, 0.5); }},
      {"pow 1.7", +[](const Tensor& t) { return pow(t, 1.7); }},
      {"2 to the", +[](const Tensor& t) { return pow(2, t); }},
      {"1 /", +[](const Tensor& t) { return 1 / t; }},
  };
  for (const auto& [name, f] : of_one) testing::check_close(name, f(x), f(strided(x)), tolerance);

  using OfTwo = Tensor (*)(const Tensor&, const Tensor&);
  const std::vector<std::pair<std::string, OfTwo>> of_two = {
      {"add", +[](const Tensor& a, const Tensor& b) { return a + b; }},
      {"sub", +[](const Tensor& a, const Tensor& b) { return a - b; }},
      {"mul", +[](const Tensor& a, const Tensor& b) { return a * b; }},
      {"div", +[](const Tensor& a, const Tensor& b) { return a / b; }},
      {"pow", +[](const Tensor& a, const Tensor& b) { return pow(a, b); }},
      {"maximum", +[](const Tensor& a, const Tensor& b) { return maximum(a, b); }},
      {"minimum", +[](const Tensor& a, const Tensor& b) { return minimum(a, b); }},
      {"remainder", +[](const Tensor& a, const Tensor& b) { return remainder(a, b); }},
      {"floor_divide", +[](const Tensor& a, const Tensor& b) { return floor_divide(a, b); }},
  };
  const Tensor a = x.unsqueeze(1).expand({n, n}).reshape({-1});  // every pair
  const Tensor b = x.expand({n, n}).reshape({-1});
  for (const auto& [name, f] : of_two) {
    testing::check_close(name, f(a, b), f(strided(a), strided(b)), tolerance);
    const Tensor scalars = stack([&] {  // and by the functions of C++
      Tensors all;
      for (std::int64_t i = 0; i < n * n; ++i) all.push_back(f(a[i], b[i]));
      return all;
    }());
    testing::check_close(name, f(a, b), scalars, tolerance);
  }
  CHECK(equal(pow(zeros({17}), 0), ones({17})));
  CHECK(std::isinf(pow(zeros({17}), -1)[3].item()));
  CHECK(std::isnan(maximum(full({33}, NAN), ones({33}))[3].item()));
  CHECK(std::isnan(minimum(ones({33}), full({33}, NAN))[3].item()));
}

TEST_CASE("numbers at the limits of their type") {
  constexpr std::int64_t largest = INT64_MAX;
  CHECK(arange(largest - 3, largest).numel() == 3);
  CHECK(arange(1LL << 53, (1LL << 53) + 3).to_vector<std::int64_t>()[2] == (1LL << 53) + 2);
  CHECK(arange(INT64_MIN, largest, largest).to_vector<std::int64_t>() ==
        std::vector<std::int64_t>{INT64_MIN, -1, largest - 1});
  CHECK(arange(5, 0, -2).to_vector<int>() == std::vector<int>{5, 3, 1});
  CHECK_THROWS_WITH(arange(1, 5, 0.5, int64), "arange: step must be nonzero");
  CHECK(clamp(tensor({largest}), 3, largest - 1).item<std::int64_t>() == largest - 1);
  CHECK(clamp(arange(5), 0.5, 2.5).to_vector<float>() == std::vector<float>{0.5, 1, 2, 2.5, 2.5});
  CHECK_THROWS_AS(clamp(ones({2}), NAN, 1), Error);
  CHECK_THROWS_AS(ones({2}).clamp_(0, NAN), Error);
  CHECK(pow(tensor({0.5, 1., 2.}), 1e300).to_vector<double>() ==
        std::vector<double>{0, 1, INFINITY});
  CHECK(pow(tensor({0.5, 1., 2.}), -INFINITY).to_vector<double>() ==
        std::vector<double>{INFINITY, 1, 0});
  CHECK(std::isnan(pow(tensor(2.), NAN).item()));
  CHECK_THROWS_AS(pow(tensor({2, 3}), -1), Error);
  CHECK(chunk(arange(3), largest).size() == 3);
  CHECK_THROWS_AS(tensor(NAN).item<int>(), Error);
  CHECK_THROWS_AS(tensor(1e30).item<std::int64_t>(), Error);
  CHECK_THROWS_AS(tensor({1LL << 40}).item<int>(), Error);
  CHECK(tensor(-2.7).item<int>() == -2);
  CHECK_THROWS_AS(Tensor(ones({3}).storage(), Layout({3}, {largest}, 0), float32), Error);
  CHECK_THROWS_AS(Tensor(ones({3}).storage(), Layout({3}, {1}, largest), float32), Error);
  CHECK_THROWS_AS(Tensor(ones({3}).storage(), Layout({2, 2}, {1LL << 62, 1LL << 62}, 0), float32),
                  Error);
  CHECK_THROWS_AS(Tensor(Storage(), Layout({2}), float32), Error);
  CHECK(equal(tril(ones({2, 3}), largest), ones({2, 3})));
  CHECK_THROWS_AS(ones({2}) - tensor({true, false}), Error);

  Tensor near = tensor(std::vector<float>{1e8F});  // computed in float64, and rounded once
  near.add_(tensor(std::vector<double>{-1e8 + 0.5}));
  CHECK(near.item() == 0.5);
  Tensor whole = arange(3);
  CHECK_THROWS_AS(whole.add_(whole, 2.7), Error);
  CHECK_THROWS_AS(whole.add_(whole, NAN), Error);
  CHECK(whole.to_vector<int>() == std::vector<int>{0, 1, 2});
}

TEST_CASE("powers of whole numbers, the largest that fit included") {
  const auto power = [](std::int64_t a, std::int64_t b) {
    return pow(tensor({a}), tensor({b})).item<std::int64_t>();
  };
  CHECK(power(10, 18) == 1'000'000'000'000'000'000);
  CHECK(power(2, 62) == std::int64_t(1) << 62);
  CHECK(power(-2, 63) == std::numeric_limits<std::int64_t>::min());
  CHECK(power(-3, 3) == -27);
  CHECK(power(7, 0) == 1);
  CHECK(power(2, -1) == 0);
  CHECK(power(-1, -3) == -1);
}
