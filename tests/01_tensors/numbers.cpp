/// Numbers at their limits: long sums, signed zeros, integers that overflow, and numbers that a
/// type cannot hold. Values without a remark are those of PyTorch.
#include <doctest/doctest.h>

#include <cmath>
#include <cstring>
#include <functional>
#include <limits>
#include <numbers>
#include <random>
#include <set>

#include "kindling/autograd.h"
#include "kindling/ops.h"
#include "kindling/primitives.h"
#include "kindling/xtensor.h"
#include "testing/random_layout.h"

using namespace kindling;

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();
constexpr std::int64_t largest = INT64_MAX, smallest = INT64_MIN;

std::vector<std::int64_t> integers(const Tensor& x) { return x.to_vector<std::int64_t>(); }
using Ints = std::vector<std::int64_t>;
using Bools = std::vector<bool>;

/// |got / expected − 1|
double relative_error(const Tensor& got, double expected) {
  return std::abs(got.item() / expected - 1);
}

}  // namespace

// Long sums ---------------------------------------------------------------------------------------

TEST_CASE("sums along an axis that is not the last lose nothing, however long it is") {
  const double tenth = 0.1F, x13 = 0.13F;
  for (const std::int64_t inner : {2, 3, 10, 33}) {
    const Tensor tenths = full({60'000, inner}, 0.1);
    CHECK(relative_error(sum(tenths, 0)[inner - 1], 60'000 * tenth) < 5e-7);
    CHECK(relative_error(mean(tenths, 0)[0], tenth) < 5e-7);
    CHECK(relative_error(logsumexp(tenths, 0)[0], std::log(60'000.) + tenth) < 1e-6);
    CHECK(relative_error(sum(tenths.view({2, 30'000, inner}), 1)[1][0], 30'000 * tenth) < 5e-7);
    CHECK(relative_error(sum(tenths.view({2, 30'000, inner}), {0, 1})[0], 60'000 * tenth) < 5e-7);
    CHECK(relative_error(sum_to(tenths, {1, inner})[0][0], 60'000 * tenth) < 5e-7);
  }
  CHECK(relative_error(mean(full({60'000, 784}, 0.13), 0)[0], x13) < 5e-7);
  // A deviation of ±0.1 everywhere: the variance is its square.
  const Tensor ends = tensor({-0.1, 0.1}).expand({30'000, 3, 2}).permute({2, 0, 1});
  CHECK(relative_error(var(ends.reshape({60'000, 3}), 0, false, 0)[0], tenth * tenth) < 1e-6);
}

TEST_CASE("sums of more than 2^24 ones") {
  const std::int64_t many = (1 << 24) + 64;  // where float32 no longer counts
  const Tensor counted = ones({many, 2});
  CHECK(sum(counted, 0)[1].item() == many);
  CHECK(sum(counted).item() == many * 2);
}

TEST_CASE("gradients that are summed over a broadcast lose nothing") {
  Tensor bias = zeros({10}).requires_grad_();
  (full({60'000, 10}, 1.) + bias).backward(full({60'000, 10}, 0.1));
  CHECK(relative_error(bias.grad()[9], 60'000 * double{0.1F}) < 5e-7);
  Tensor scale = ones({2, 1, 3}).requires_grad_();
  (full({2, 30'000, 3}, 0.1) * scale).backward(ones({2, 30'000, 3}));
  CHECK(relative_error(scale.grad()[1][0][2], 30'000 * double{0.1F}) < 5e-7);
}

TEST_CASE("sums of columns of every length around that of a block") {
  for (const DType dtype : {int64, float32, float64})
    for (const std::int64_t n : {0, 1, 2, 31, 32, 33, 63, 64, 65, 127, 128, 129, 1000})
      for (const std::int64_t inner : {1, 2, 5, 40}) {
        const Tensor x = arange(3 * n * inner).view({3, n, inner});
        CHECK(integers(sum(x.to(dtype), 1)) == integers(sum(x, 1)));
        // By a product, which has no columns.
        CHECK(integers(sum(x, 1)) == integers(matmul(ones({3, 1, n}, int64), x)));
      }
  const Tensor odd = full({100, 3}, 1.);
  odd.select(1, 0)[50].fill_(not_a_number);
  odd.select(1, 1)[99].fill_(-infinity);
  const Tensor sums = sum(odd, 0);
  CHECK(std::isnan(sums[0].item()));
  CHECK(sums[1].item() == -infinity);
  CHECK(sums[2].item() == 100);
  CHECK_FALSE(std::signbit(sum(-zeros({100, 2}), 0)[0].item()));
}

// Division with a remainder ----------------------------------------------------------------------

TEST_CASE("floor_divide and remainder of integers are Python's, at the limits too") {
  const Tensor a = tensor({7, -7, 7, -7, 0, 6, -6}), b = tensor({2, 2, -2, -2, -3, 3, 3});
  CHECK(integers(floor_divide(a, b)) == Ints{3, -4, -4, 3, 0, 2, -2});
  CHECK(integers(remainder(a, b)) == Ints{1, 1, -1, -1, 0, 0, 0});
  CHECK(integers(floor_divide(tensor({smallest, largest, smallest}), tensor({-1, -1, 1}))) ==
        Ints{smallest, -largest, smallest});
  CHECK(integers(remainder(tensor({smallest, largest}), tensor({-1, -2}))) == Ints{0, -1});
  CHECK_THROWS_WITH_AS(floor_divide(a, 0), "floor_divide: integer division by zero", Error);
  CHECK_THROWS_WITH_AS(remainder(a, tensor({1, 2, 0, 1, 1, 1, 1})),
                       "remainder: integer division by zero", Error);
  CHECK_THROWS_WITH_AS(remainder(a == a, a == a), "remainder: expected numbers, got bool tensors",
                       Error);
  CHECK_THROWS_WITH_AS(floor(a == a), "floor: expected numbers, got a bool tensor", Error);
}

TEST_CASE("a = b floor_divide(a, b) + remainder(a, b), for random numbers of both signs") {
  manual_seed(7);
  const Tensor a = randn({2000}, float64) * 50, b = randn({2000}, float64);
  CHECK(allclose(floor_divide(a, b) * b + remainder(a, b), a));
  CHECK(all(remainder(a, b) * b >= 0).item<bool>());
  CHECK(all(abs(remainder(a, b)) <= abs(b)).item<bool>());
  CHECK(equal(floor_divide(a, b), floor(floor_divide(a, b))));
}

// Products and running sums -----------------------------------------------------------------------

TEST_CASE("products of every length along every axis, beside products one by one") {
  for (const DType dtype : {int64, float32, float64})
    for (const std::int64_t n : {0, 1, 2, 7, 31, 32, 33, 70})
      for (const std::int64_t inner : {1, 3}) {
        const Tensor x = (remainder(arange(3 * n * inner), 3) - 1).view({3, n, inner});
        const Tensor signs = where(x == 0, 2, x);
        Tensor one_by_one = ones({3, inner}, dtype);
        for (std::int64_t i = 0; i < n; ++i) one_by_one = one_by_one * signs.select(1, i).to(dtype);
        CHECK(equal(prod(signs.to(dtype), 1), one_by_one));
      }
  CHECK(integers(prod(full({3}, largest))) == Ints{largest});  // wraps around
  CHECK(prod(zeros({0})).item() == 1);
}

TEST_CASE("running sums of every length are sums of what is up to there") {
  manual_seed(3);
  for (const std::int64_t n : {1, 2, 3, 8, 9, 31, 100}) {
    const Tensor x = randint(-50, 50, {2, n, 3});
    const Tensor sums = cumsum(x, 1);
    for (std::int64_t i = 0; i < n; ++i)
      CHECK(equal(sums.select(1, i), sum(x.narrow(1, 0, i + 1), 1)));
    CHECK(equal(cumsum(x.transpose(0, 2), 1), sums.transpose(0, 2)));
  }
  CHECK(relative_error(cumsum(full({1'000'000}, 0.1), 0)[-1], 1e6 * double{0.1F}) < 1e-6);
  CHECK(integers(cumsum(tensor({largest, 1}), 0)) == Ints{largest, smallest});
  CHECK_THROWS_AS(cumsum(ones({2}), 1), Error);
}

TEST_CASE("norms that have no answer say so") {
  CHECK_THROWS_WITH_AS(norm(tensor({1, 2})), "norm: expected a floating-point tensor, got int64",
                       Error);
  CHECK_THROWS_WITH_AS(norm(zeros({2, 0}), infinity, 1),
                       "norm: cannot compute the inf norm on an empty tensor because the operation "
                       "does not have an identity, got shape [2, 0]",
                       Error);
  CHECK_THROWS_AS(norm(ones({2}), not_a_number), Error);
  CHECK_THROWS_AS(kindling::std(tensor({1, 2})), Error);
  CHECK_THROWS_WITH_AS(gelu(ones({2}), "fast"),
                       "gelu: approximate argument must be either none or tanh, got fast", Error);
}

// Signed zeros ------------------------------------------------------------------------------------

namespace {

struct Function {
  std::string name;
  std::function<Tensor(const Tensor&)> of_tensor;
  std::function<double(double)> of_number;
  double precision = 2e-6;  // of float32
};

const std::vector<Function> functions = {
    {"-x", [](const Tensor& x) { return -x; }, [](double x) { return -x; }},
    {"abs", [](const Tensor& x) { return abs(x); }, [](double x) { return std::abs(x); }},
    {"exp", [](const Tensor& x) { return exp(x); }, [](double x) { return std::exp(x); }},
    {"log", [](const Tensor& x) { return log(x); }, [](double x) { return std::log(x); }},
    {"log1p", [](const Tensor& x) { return log1p(x); }, [](double x) { return std::log1p(x); }},
    {"sqrt", [](const Tensor& x) { return sqrt(x); }, [](double x) { return std::sqrt(x); }},
    {"tanh", [](const Tensor& x) { return tanh(x); }, [](double x) { return std::tanh(x); }},
    {"sigmoid", [](const Tensor& x) { return sigmoid(x); },
     [](double x) { return 1 / (1 + std::exp(-x)); }},
    {"relu", [](const Tensor& x) { return relu(x); }, [](double x) { return x < 0 ? 0 : x; }},
    {"gelu", [](const Tensor& x) { return gelu(x); },
     [](double x) { return x * (0.5 * (1 + std::erf(x / std::sqrt(2.)))); }, 1e-3},
    {"gelu, nearly", [](const Tensor& x) { return gelu(x, "tanh"); },
     [](double x) {
       const double u = std::sqrt(2 / std::numbers::pi) * (x + 0.044715 * x * x * x);
       return x < -5 ? x / (1 + std::exp(-2 * u)) : x * (0.5 * (1 + std::tanh(u)));
     },
     1e-4},
    {"sin", [](const Tensor& x) { return sin(x); }, [](double x) { return std::sin(x); }},
    {"cos", [](const Tensor& x) { return cos(x); }, [](double x) { return std::cos(x); }},
    {"erf", [](const Tensor& x) { return erf(x); }, [](double x) { return std::erf(x); }},
    {"floor", [](const Tensor& x) { return floor(x); }, [](double x) { return std::floor(x); }},
    {"ceil", [](const Tensor& x) { return ceil(x); }, [](double x) { return std::ceil(x); }},
    {"round", [](const Tensor& x) { return round(x); }, [](double x) { return std::nearbyint(x); }},
    {"rsqrt", [](const Tensor& x) { return rsqrt(x); }, [](double x) { return 1 / std::sqrt(x); }},
    {"remainder", [](const Tensor& x) { return remainder(x, 2); },
     [](double x) { return std::fmod(x, 2) < 0 ? std::fmod(x, 2) + 2 : std::fmod(x, 2); }},
    {"clamp from 0", [](const Tensor& x) { return clamp(x, 0, 2); },
     [](double x) { return x < 0   ? 0
                           : x > 2 ? 2
                                   : x; }},
    {"clamp to 0", [](const Tensor& x) { return clamp(x, -2, 0); },
     [](double x) { return x < -2  ? -2
                           : x > 0 ? 0
                                   : x; }},
    {"x + 0", [](const Tensor& x) { return x + 0; }, [](double x) { return x + 0; }},
    {"x - 0", [](const Tensor& x) { return x - 0; }, [](double x) { return x - 0; }},
    {"0 - x", [](const Tensor& x) { return 0 - x; }, [](double x) { return 0 - x; }},
    {"x * -2", [](const Tensor& x) { return x * -2; }, [](double x) { return x * -2; }},
    {"x / -2", [](const Tensor& x) { return x / -2; }, [](double x) { return x / -2; }},
    {"1 / x", [](const Tensor& x) { return 1 / x; }, [](double x) { return 1 / x; }},
    {"-1 / x", [](const Tensor& x) { return -1 / x; }, [](double x) { return -1 / x; }},
    {"x + x", [](const Tensor& x) { return x + x; }, [](double x) { return x + x; }},
    {"x - x", [](const Tensor& x) { return x - x; }, [](double x) { return x - x; }},
    {"x * -x", [](const Tensor& x) { return x * -x; }, [](double x) { return x * -x; }},
    {"x squared", [](const Tensor& x) { return pow(x, 2); }, [](double x) { return x * x; }},
    {"x cubed", [](const Tensor& x) { return pow(x, 3); }, [](double x) { return x * x * x; }},
    {"x to the 5", [](const Tensor& x) { return pow(x, 5); },
     [](double x) { return std::pow(x, 5); }},
    {"x to the -1", [](const Tensor& x) { return pow(x, -1); }, [](double x) { return 1 / x; }},
    {"x to the 0.5", [](const Tensor& x) { return pow(x, 0.5); },
     [](double x) { return std::sqrt(x); }},
    {"maximum of x and 1", [](const Tensor& x) { return maximum(x, ones({1}, x.dtype())); },
     [](double x) { return x < 1 ? 1 : x; }},
    {"minimum of x and -1", [](const Tensor& x) { return minimum(x, -ones({1}, x.dtype())); },
     [](double x) { return x > -1 ? -1 : x; }},
};

/// The same number, with the same sign, but for rounding; what is too small for a normal number may
/// have become 0.
bool is_same(double got, double expected, DType dtype, double precision) {
  if (std::isnan(expected)) return std::isnan(got);
  if (std::signbit(got) != std::signbit(expected)) return false;
  if (std::isinf(expected) || got == expected) return got == expected;
  const double tiny = dtype == float32 ? 1.2e-38 : 1e-307;
  const double relative = dtype == float32 ? precision : 1e-14;
  return std::abs(got - expected) <= relative * std::abs(expected) + tiny;
}

}  // namespace

TEST_CASE("the sign of zero, in SIMD registers and beside them") {
  const std::vector<double> special = {
      -0.,       0.,  -0.,   1e-40, -1e-40, 1e-30, -1e-30, 0.5,   -0.5,         1.,
      -1.,       2.5, -2.5,  -0.,   10.,    -10.,  1e30,   -1e30, not_a_number, infinity,
      -infinity, 0.,  -1e-7, 1e-7,  -3e-4,  3e-4,  88.,    -88.,  -0.,          3.};
  const auto held = static_cast<std::int64_t>(special.size());
  for (const DType dtype : {float32, float64}) {
    // Fifty numbers, from any of them on: each is in a register, and left over behind the last one.
    const Tensor all = repeat(tensor(special).to(dtype), {3});
    for (const Function& f : functions)
      for (const std::int64_t offset : {0, 1, 3, 8, 13, 17, 28})
        for (std::int64_t n = 1; n <= 40; ++n) {
          const Tensor x = all.narrow(0, offset, n);
          const Tensor y = f.of_tensor(x);
          const std::vector<double> in = x.to_vector<double>(), out = y.to_vector<double>();
          for (std::int64_t i = 0; i < n; ++i) {
            double expected = f.of_number(in[i]);
            if (dtype == float32) expected = static_cast<float>(expected);
            const bool same = is_same(out[i], expected, dtype, f.precision);
            CHECK_MESSAGE(same, f.name, " of ", in[i], " is ", out[i], " and not ", expected,
                          " at ", i, " of ", n, ", ", (dtype == float32 ? "float32" : "float64"));
          }
        }
  }
  CHECK(held == 30);
  for (const std::int64_t n : {1, 8, 17, 40}) {
    CHECK(equal(1. / -zeros({n}), full({n}, -infinity)));
    CHECK(equal(1. / log1p(-zeros({n})), full({n}, -infinity)));
  }
}

TEST_CASE("gradients that are zero have PyTorch's signs") {
  const auto gradient = [](double at, double grad, auto f) {
    Tensor x = full({17}, at).requires_grad_();
    f(x).backward(full({17}, grad));
    CHECK(x.grad()[0].item<bool>() == x.grad()[16].item<bool>());
    return x.grad()[16].item();
  };
  const auto is_minus_zero = [](double x) { return x == 0 && std::signbit(x); };
  const auto is_plus_zero = [](double x) { return x == 0 && !std::signbit(x); };
  const auto of_abs = [](const Tensor& x) { return abs(x); };
  CHECK(is_minus_zero(gradient(-1, 0, of_abs)));
  CHECK(is_minus_zero(gradient(0, -1, of_abs)));
  CHECK(std::isnan(gradient(0, infinity, of_abs)));
  CHECK(is_plus_zero(gradient(not_a_number, 1, of_abs)));
  CHECK(gradient(-2, 3, of_abs) == -3);
  CHECK(gradient(2, 3, of_abs) == 3);
  const auto of_relu = [](const Tensor& x) { return relu(x); };
  CHECK(is_plus_zero(gradient(-1, -1, of_relu)));
  CHECK(is_plus_zero(gradient(-1, not_a_number, of_relu)));
  CHECK(is_plus_zero(gradient(-0., 1, of_relu)));
  CHECK(gradient(not_a_number, 1, of_relu) == 1);
  const auto of_clamp = [](const Tensor& x) { return clamp(x, 0, 1); };
  CHECK(is_plus_zero(gradient(2, -1, of_clamp)));
  CHECK(is_plus_zero(gradient(not_a_number, 1, of_clamp)));
  CHECK(is_minus_zero(gradient(1, 0, [](const Tensor& x) { return -x; })));
}

// NaN ---------------------------------------------------------------------------------------------

TEST_CASE("the gradient of an extreme that is NaN") {
  const auto gradient = [](const Tensor& at, auto f) {
    Tensor x = at.clone().requires_grad_();
    const Tensor y = f(x);
    y.backward(ones_like(y));
    return x.grad().to_vector<float>();
  };
  const auto all_nan = [](const std::vector<float>& x) {
    return std::ranges::all_of(x, [](float one) { return std::isnan(one); });
  };
  using Floats = std::vector<float>;
  const Tensor x = tensor({1., not_a_number, not_a_number});
  CHECK(gradient(x, [](const Tensor& t) { return max(t); }) == Floats{0, 0.5, 0.5});
  CHECK(gradient(x, [](const Tensor& t) { return min(t); }) == Floats{0, 0.5, 0.5});
  CHECK(all_nan(gradient(x, [](const Tensor& t) { return amax(t, 0); })));
  CHECK(all_nan(gradient(x, [](const Tensor& t) { return amin(t, 0); })));
  CHECK(all_nan(gradient(x, [](const Tensor& t) { return amax(t); })));
  CHECK(gradient(x, [](const Tensor& t) { return max(t, 0).values; }) == Floats{0, 1, 0});
  CHECK(gradient(x, [](const Tensor& t) { return min(t, 0).values; }) == Floats{0, 1, 0});
  CHECK(gradient(tensor(not_a_number), [](const Tensor& t) { return max(t); }) == Floats{1});

  const Tensor m = tensor({{1., not_a_number, 3.}, {not_a_number, 2., 3.}, {1., 2., 3.}});
  CHECK(gradient(m, [](const Tensor& t) { return max(t); }) ==
        Floats{0, 0.5, 0, 0.5, 0, 0, 0, 0, 0});
  const Floats of_rows = gradient(m, [](const Tensor& t) { return amax(t, 1); });
  CHECK(all_nan(Floats(of_rows.begin(), of_rows.begin() + 6)));  // rows that have a NaN
  CHECK(Floats(of_rows.begin() + 6, of_rows.end()) == Floats{0, 0, 1});
  CHECK(gradient(m, [](const Tensor& t) { return max(t, 1).values; }) ==
        Floats{0, 1, 0, 1, 0, 0, 0, 0, 1});

  // And of those that are not.
  CHECK(gradient(tensor({1., 3., 3.}), [](const Tensor& t) { return max(t); }) ==
        Floats{0, 0.5, 0.5});
  CHECK(gradient(tensor({1., infinity, infinity}), [](const Tensor& t) { return amax(t); }) ==
        Floats{0, 0.5, 0.5});
}

// Integers that overflow --------------------------------------------------------------------------

TEST_CASE("int64 wraps around where it overflows") {
  const auto of = [](std::int64_t x) { return full({9}, x); };
  const auto is = [](const Tensor& x, std::int64_t expected) {
    const Ints all = integers(x);
    return std::ranges::all_of(all, [=](std::int64_t one) { return one == expected; });
  };
  CHECK(is(of(largest) + of(1), smallest));
  CHECK(is(of(largest) + 1, smallest));
  CHECK(is(of(smallest) - of(1), largest));
  CHECK(is(of(smallest) - 1, largest));
  CHECK(is(0 - of(smallest), smallest));
  CHECK(is(of(largest) * 2, -2));
  CHECK(is(of(smallest) * of(-1), smallest));
  CHECK(is(-of(smallest), smallest));
  CHECK(is(abs(of(smallest)), smallest));
  CHECK(is(abs(of(-3)), 3));
  CHECK(is(pow(of(3), 41), -420491770248316829));
  CHECK(is(pow(3, of(41)), -420491770248316829));
  CHECK(is(of(largest).add_(1), smallest));
  CHECK(is(of(largest).add_(of(1), 5), smallest + 4));
  CHECK(is(of(largest).mul_(2), -2));
  CHECK(is(of(smallest).sub_(of(1)), largest));
  CHECK(is(sum(of(largest)), largest - 8));
  CHECK(is(sum(of(largest).view({9, 1}).expand({9, 2}), 0), largest - 8));
  CHECK(is(sum(full({100, 2}, largest), 0), -100));
  CHECK(is(matmul(full({1, 2}, largest), full({2, 1}, 3)), -6));
  CHECK(is(matmul(full({2}, smallest), full({2}, 3)), 0));
  CHECK(is(addmm(full({1, 1}, largest), ones({1, 1}, int64), ones({1, 1}, int64)), smallest));
  Tensor total = full({1}, largest);
  backend(cpu).index_add(ones({1, 1, 1}, int64), zeros({1}, int64),
                         primitive::with_layout(total, Layout({1, 1, 1})));
  CHECK(is(total, smallest));
  backend(cpu).scatter_add(-ones({1, 1, 1}, int64), zeros({1, 1, 1}, int64),
                           primitive::with_layout(total, Layout({1, 1, 1})));
  CHECK(is(total, largest));
}

TEST_CASE("steps and lengths whose product overflows") {
  const Tensor x = arange(12).view({3, 4});
  CHECK(integers(x.slice(0, 1, 3, largest)) == Ints{4, 5, 6, 7});
  CHECK(integers(x.slice(0, 0, 3, 2)) == Ints{0, 1, 2, 3, 8, 9, 10, 11});
  CHECK_THROWS_AS(repeat(ones({4}), {largest}), Error);
  const Tensor wide = ones({1}).expand({std::int64_t{1} << 62});
  CHECK_THROWS_AS(cat({wide, wide}), Error);
  CHECK(split(ones({1}).expand({largest}), largest / 2 + 2).size() == 2);
  CHECK_THROWS_AS(split(arange(3), std::vector<std::int64_t>{largest, largest, 5}), Error);
}

TEST_CASE("floating-point numbers that no int64 can hold become the smallest one") {
  CHECK(integers(tensor(std::vector<double>{not_a_number, infinity, -infinity, 1e30, 0x1p63, -1e30})
                     .to(int64)) == Ints(6, smallest));
  CHECK(integers(tensor(std::vector<double>{-0x1p63, -1.9, 1.9}).to(int64)) ==
        Ints{smallest, -1, 1});
}

// Numbers that do not fit -------------------------------------------------------------------------

TEST_CASE("a number that a type cannot hold is refused") {
  CHECK_THROWS_WITH_AS(
      tensor({UINT64_MAX}),
      "value 18446744073709551615 cannot be converted to type int64 without overflow", Error);
  CHECK(tensor({std::uint64_t{5}, std::uint64_t{INT64_MAX}}).to_vector<std::int64_t>() ==
        Ints{5, largest});
  CHECK_THROWS_WITH_AS(full({1}, 1e300, float32),
                       "value 1e+300 cannot be converted to type float32 without overflow", Error);
  CHECK_THROWS_AS(full({1}, 1e300), Error);
  CHECK_THROWS_AS(full({1}, -1e39), Error);
  CHECK_THROWS_AS(tensor({1., 1e300}), Error);
  CHECK_THROWS_AS(tensor({1e300}, float32), Error);
  CHECK_THROWS_AS(tensor({not_a_number}, int64), Error);
  CHECK_THROWS_AS(tensor({{1., 2.}, {3., 1e19}}, int64), Error);
  CHECK_THROWS_WITH_AS(full({1}, not_a_number, int64),
                       "value nan cannot be converted to type int64 without overflow", Error);
  CHECK_THROWS_AS(full({1}, infinity, int64), Error);
  CHECK_THROWS_AS(full({1}, 0x1p63, int64), Error);
  CHECK_THROWS_AS(full({1}, UINT64_MAX, float64), Error);

  CHECK(full({1}, -0x1p63, int64).item<std::int64_t>() == smallest);
  CHECK(full({1}, 2.7, int64).item() == 2);
  CHECK(full({1}, 1e300, float64).item() == 1e300);
  CHECK(full({1}, 3.4028235e38).item() == std::numeric_limits<float>::max());  // rounded to it
  CHECK(full({1}, -infinity, float32).item() == -infinity);
  CHECK(std::isnan(full({1}, not_a_number, float32).item()));
  CHECK(full({1}, not_a_number, bool_).item<bool>());
  CHECK(full({1}, 1e300, bool_).item<bool>());
  CHECK(full({1}, 5, bool_).item<bool>());
}

TEST_CASE("in place, what does not fit is refused, and nothing changes") {
  Tensor whole = arange(3), x = ones({3});
  CHECK_THROWS_WITH_AS(whole.fill_(1e300),
                       "value 1e+300 cannot be converted to type int64 without overflow", Error);
  CHECK_THROWS_AS(whole.fill_(not_a_number), Error);
  CHECK_THROWS_AS(x.fill_(1e300), Error);
  CHECK_THROWS_AS(x.T().slice(0, 0, 3, 2).fill_(-1e300), Error);
  CHECK_THROWS_AS(x.add_(x, 1e300), Error);
  CHECK_THROWS_AS(x.clamp_(0, 1e300), Error);
  CHECK_THROWS_AS(x.clamp_(-1e300, infinity), Error);
  CHECK_THROWS_AS(x.uniform_(0, 1e300), Error);
  CHECK_THROWS_AS(x.uniform_(-1e300, 0), Error);
  CHECK_THROWS_AS(x.uniform_(-3e38, 3e38), Error);
  CHECK_THROWS_AS(x.uniform_(0, infinity), Error);
  CHECK_THROWS_AS(x.uniform_(not_a_number, 1), Error);
  CHECK_THROWS_AS(x.uniform_(0, not_a_number), Error);
  CHECK_THROWS_AS(x.normal_(0, 1e300), Error);
  CHECK_THROWS_AS(x.normal_(-1e300, 1), Error);
  CHECK_THROWS_AS(x.normal_(0, not_a_number), Error);
  CHECK_THROWS_AS(x.bernoulli_(not_a_number), Error);
  CHECK(integers(whole) == Ints{0, 1, 2});
  CHECK(equal(x, ones({3})));
  Tensor wide = ones({3}, float64);
  CHECK_THROWS_AS(wide.uniform_(-1e308, 1e308), Error);
  CHECK(equal(wide, ones({3}, float64)));
  wide.uniform_(0, 1e300);
  CHECK(max(wide).item() < 1e300);
  CHECK(x.fill_(-infinity)[2].item() == -infinity);
  CHECK(x.clamp_(-infinity, 5)[2].item() == -infinity);
}

TEST_CASE("bounds, masks and choices that do not fit are refused") {
  const Tensor x = ones({2}), whole = arange(2), mask = tensor({true, false});
  CHECK_THROWS_AS(clamp(x, -1e300, 1e300), Error);
  CHECK_THROWS_AS(clamp(x, {}, 1e300), Error);
  CHECK_THROWS_AS(clamp(x, -1e300), Error);
  CHECK_THROWS_AS(clamp(whole, 0, 1e300), Error);
  CHECK(clamp(x, -infinity, infinity).to_vector<int>() == std::vector<int>{1, 1});
  CHECK(clamp(x.to(float64), -1e300, 1e300).to_vector<int>() == std::vector<int>{1, 1});
  CHECK_THROWS_AS(masked_fill(x, mask, 1e300), Error);
  CHECK_THROWS_AS(masked_fill(x, mask, UINT64_MAX), Error);
  CHECK(masked_fill(x, mask, -infinity)[0].item() == -infinity);
  CHECK_THROWS_AS(where(mask, x, 1e300), Error);
  CHECK_THROWS_AS(where(mask, -1e300, x), Error);
  CHECK(where(mask, x.to(float64), 1e300)[1].item() == 1e300);
}

TEST_CASE("a number beside a tensor that is out of its range is compared as what it is") {
  // (PyTorch rounds it to infinity first, and so finds infinity equal to 1e300.)
  const Tensor x = tensor(std::vector<float>{1, std::numeric_limits<float>::infinity(),
                                             -std::numeric_limits<float>::infinity()});
  const auto is = [](const Tensor& got, const Bools& expected) {
    return got.to_vector<bool>() == expected;
  };
  CHECK(is(x < 1e300, {true, false, true}));
  CHECK(is(x <= 1e300, {true, false, true}));
  CHECK(is(x == 1e300, {false, false, false}));
  CHECK(is(x != 1e300, {true, true, true}));
  CHECK(is(x > 1e300, {false, true, false}));
  CHECK(is(x >= -1e300, {true, true, false}));
  CHECK(is(x == infinity, {false, true, false}));
  CHECK(is(arange(2) < 1e300, {true, true}));
  CHECK(is(full({1}, 0.1) == 0.1, {true}));  // as a float32
  CHECK(is(full({1}, (1LL << 53) + 1) == (1LL << 53), {false}));
  CHECK_THROWS_AS(arange(2) < UINT64_MAX, Error);
}

TEST_CASE("arithmetic overflows to infinity, as that of floating-point numbers does") {
  const Tensor x = ones({2});
  CHECK((x + 1e300)[1].item() == infinity);
  CHECK((x * -1e300)[1].item() == -infinity);
  CHECK((x / 1e300)[1].item() == 0);
  CHECK((arange(2) + 1e300)[0].item() == infinity);
  CHECK(x.clone().add_(1e300)[1].item() == infinity);
  CHECK(pow(x * 2, 1e300)[1].item() == infinity);
  CHECK_THROWS_AS(x + UINT64_MAX, Error);
}

TEST_CASE("ranges that cannot be counted, or do not fit") {
  CHECK_THROWS_WITH_AS(arange(0, 1, 1e-300),
                       "arange: 0 to 1 by 1e-300 are more numbers than a tensor can hold", Error);
  CHECK_THROWS_AS(arange(0, 1e19), Error);
  CHECK_THROWS_AS(arange(0, 1, not_a_number), Error);
  CHECK_THROWS_AS(arange(0., 5., 0.), Error);
  CHECK_THROWS_AS(arange(0, infinity), Error);
  CHECK_THROWS_AS(arange(not_a_number, 1.), Error);
  CHECK_THROWS_AS(arange(0, 1e300, 1e299), Error);
  CHECK_THROWS_AS(arange(0, 1e300, 1e299, int64), Error);
  CHECK_THROWS_AS(arange(0, UINT64_MAX), Error);
  CHECK_THROWS_AS(arange(0, 5, 2, bool_), Error);
  CHECK(arange(0, 1, infinity).numel() == 0);
  CHECK(arange(0, 1e300, 1e299, float64).numel() == 10);
  CHECK(arange(-1e308, 1e308, 1e308, float64).to_vector<double>() ==
        std::vector<double>{-1e308, 0});  // PyTorch refuses these
  CHECK_THROWS_AS(linspace(0, 1e300, 3), Error);
  CHECK(linspace(-3e38, 3e38, 3).to_vector<double>()[1] == 0);
  CHECK(linspace(0, 1e300, 3, float64)[1].item() == 5e299);
  CHECK_THROWS_AS(randint(0, UINT64_MAX, {2}), Error);
}

TEST_CASE("elements are given as a type that can hold them, or not at all") {
  CHECK_THROWS_AS(full({}, 1e300, float64).item<float>(), Error);
  CHECK(full({}, infinity, float64).item<float>() == infinity);
  CHECK_THROWS_AS(tensor(1e10).item<int>(), Error);
  CHECK_THROWS_AS(tensor(-1).item<std::uint8_t>(), Error);
  CHECK_THROWS_AS(tensor(300).item<std::uint8_t>(), Error);
  CHECK(tensor(255).item<std::uint8_t>() == 255);
  CHECK(tensor(-0.5).item<std::uint64_t>() == 0);
  CHECK(tensor(-2147483648.5).to(float64).item<int>() == INT32_MIN);
  CHECK(tensor(not_a_number).item<bool>());
  CHECK_THROWS_AS(tensor({1LL << 40}).to_vector<int>(), Error);
  CHECK_THROWS_AS(tensor({not_a_number}).to_vector<std::int64_t>(), Error);
  CHECK_THROWS_AS(full({2}, 1e300, float64).to_vector<float>(), Error);
  CHECK(full({2}, 2.9, float64).to_vector<int>() == std::vector<int>{2, 2});
  CHECK(tensor({0, 7}).to_vector<bool>() == Bools{false, true});
}

// Types -------------------------------------------------------------------------------------------

namespace {
template <class T>
concept HasPointer = requires(const Tensor& t) {
  t.data_ptr<T>();
};
template <class T>
concept HasVector = requires(const Tensor& t) {
  t.to_vector<T>();
};
template <class T>
concept IsVector = requires(const std::vector<T>& v) {
  tensor<T>(v);
};
template <class T>
concept IsBlob = requires(T* p) {
  from_blob(p, Shape{1});
};
template <class T>
concept HasXtensor = requires(const Tensor& t) {
  as_xtensor<T>(t);
};
template <class T>
concept IsXtensor = requires(xt::xarray<T>& array) {
  from_xtensor(array);
};
template <class T>
concept OwnsXtensor = requires(xt::xarray<T> array) {
  from_xtensor(std::move(array));
};

/// Types that no tensor stores have no element's address, or they would read other memory.
template <class T>
constexpr bool is_no_element =
    !HasPointer<T> && !IsBlob<T> && !HasXtensor<T> && !IsXtensor<T> && !OwnsXtensor<T>;
template <class T>
constexpr bool is_element = HasPointer<T>&& IsBlob<T>&& HasXtensor<T>&& HasVector<T>&& IsVector<T>;
static_assert(is_element<bool> && is_element<std::int64_t> && is_element<float> &&
              is_element<double>);
static_assert(is_no_element<int> && is_no_element<short> && is_no_element<char> &&
              is_no_element<std::uint8_t> && is_no_element<std::uint64_t> &&
              is_no_element<long double> && is_no_element<long long>);
static_assert(HasVector<int> && IsVector<int>);
static_assert(!HasVector<std::uint8_t> && !IsVector<std::uint8_t> && !IsVector<unsigned>);
}  // namespace

TEST_CASE("elements have an address as what they are, and as nothing else") {
  for (const DType dtype : {bool_, int64, float32, float64}) {
    const Tensor x = ones({2}, dtype);
    const auto check_type = [&]<class T>() {
      if (dtype_of<T>() == dtype) {
        CHECK(x.data_ptr<T>()[1] == T(1));
        CHECK(as_xtensor<T>(x)(1) == T(1));
      } else {
        CHECK_THROWS_AS(x.data_ptr<T>(), Error);
        CHECK_THROWS_AS(as_xtensor<T>(x), Error);
      }
    };
    check_type.operator()<bool>();
    check_type.operator()<std::int64_t>();
    check_type.operator()<float>();
    check_type.operator()<double>();
  }
}

// Overlap -----------------------------------------------------------------------------------------

TEST_CASE("a layout that names a place twice") {
  CHECK(has_internal_overlap(Layout({3, 3}, {1, 1}, 0)));
  CHECK(has_internal_overlap(Layout({3, 3}, {1, 2}, 0)));
  CHECK(has_internal_overlap(Layout({3, 3}, {0, 1}, 0)));
  CHECK(has_internal_overlap(Layout({2}, {0}, 5)));
  CHECK(has_internal_overlap(Layout({4, 3}, {2, 3}, 0)));  // 3 · 2 + 0 and 0 + 2 · 3
  CHECK(has_internal_overlap(Layout({3, 3}, {-1, 1}, 2)));
  CHECK(has_internal_overlap(Layout({5, 2, 2}, {1, 100, 4}, 0)));
  CHECK(has_internal_overlap(Layout({std::int64_t{1} << 40, 2}, {0, 1}, 0)));
  CHECK_FALSE(has_internal_overlap(Layout({3, 3}, {2, 3}, 0)));  // though neither spans the other
  CHECK_FALSE(has_internal_overlap(Layout({2, 2}, {2, 3}, 0)));
  CHECK_FALSE(has_internal_overlap(Layout({3, 3}, {3, 1}, 7)));
  CHECK_FALSE(has_internal_overlap(Layout({3, 3}, {1, 3}, 0)));
  CHECK_FALSE(has_internal_overlap(Layout({3, 3}, {-1, 3}, 2)));
  CHECK_FALSE(has_internal_overlap(Layout({1, 1}, {0, 0}, 0)));
  CHECK_FALSE(has_internal_overlap(Layout({0, 3}, {0, 0}, 0)));
  CHECK_FALSE(has_internal_overlap(Layout(Shape{})));

  std::mt19937 random(3);
  for (int trial = 0; trial < 3000; ++trial) {
    Layout layout({}, {}, 0);
    for (std::size_t rank = random() % 5; rank > 0; --rank) {
      layout.shape.push_back(static_cast<std::int64_t>(random() % 5));
      layout.strides.push_back(static_cast<std::int64_t>(random() % 19) - 6);
    }
    const auto offsets = testing::every_offset(layout);
    const std::set<std::int64_t> places(offsets.begin(), offsets.end());
    CHECK_MESSAGE(has_internal_overlap(layout) == (places.size() < offsets.size()), "shape ",
                  layout.shape, ", strides ", layout.strides);
  }
}

TEST_CASE("elements that share their memory are not changed in place") {
  const Tensor memory = arange(9).to(float32);
  Tensor windows(memory.storage(), Layout({3, 3}, {1, 1}, 0), float32);
  Tensor woven(memory.storage(), Layout({2, 3}, {3, 2}, 0), float32);
  CHECK_THROWS_WITH_AS(windows.add_(1),
                       "add_: more than one element of the tensor refers to a single memory "
                       "location (shape [3, 3], strides [1, 1]); clone() it first",
                       Error);
  CHECK_THROWS_AS(windows.mul_(windows), Error);
  CHECK_THROWS_AS(windows.fill_(1), Error);
  CHECK_THROWS_AS(windows.copy_(ones({3, 3})), Error);
  CHECK_THROWS_AS(windows.clamp_(0, 1), Error);
  CHECK_THROWS_AS(windows.uniform_(), Error);
  CHECK_THROWS_AS(windows.normal_(), Error);
  CHECK_THROWS_AS(windows.bernoulli_(), Error);
  CHECK(equal(memory, arange(9).to(float32)));
  woven.add_(10);  // each place once: 0, 2, 4, 3, 5, 7
  CHECK(memory.to_vector<int>() == std::vector<int>{10, 1, 12, 13, 14, 15, 6, 17, 8});
  CHECK(sum(windows, 0).to_vector<int>() == std::vector<int>{23, 26, 39});  // reading is fine
}

TEST_CASE("a caller's memory that two tensors reach is read before it is written") {
  std::vector<float> memory{0, 1, 2, 3, 4, 5, 6, 7, 8, 9};
  Tensor low = from_blob(memory.data(), {9}), high = from_blob(memory.data() + 1, {9});
  high.copy_(low);
  CHECK(memory == std::vector<float>{0, 0, 1, 2, 3, 4, 5, 6, 7, 8});
  high.add_(low);
  CHECK(memory == std::vector<float>{0, 0, 1, 3, 5, 7, 9, 11, 13, 15});
}
