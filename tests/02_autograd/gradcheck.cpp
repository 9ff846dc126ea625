#include <doctest/doctest.h>

#include <algorithm>
#include <fstream>
#include <functional>
#include <limits>
#include <set>
#include <sstream>

#include "kindling/ops.h"

using namespace kindling;

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
using Function = std::function<Tensor(const Tensors&)>;
using Shapes = std::vector<Shape>;

// Inputs ------------------------------------------------------------------------------------------

/// Numbers between 0.3 and 2.4 of both signs, none of them a kink of relu, abs or clamp, and no two
/// the same, so that every maximum is unique. `k` is the number of the input.
Tensor numbers(const Shape& shape, int k, bool positive) {
  Tensor out(shape, float64);
  for (std::int64_t i = 0; i < out.numel(); ++i) {
    const double size = 0.3 + 0.13 * static_cast<double>((5 * i + 3 * k) % 17) + 0.01 * k;
    out.data_ptr<double>()[i] = positive || (i + k) % 2 == 0 ? size : -size;
  }
  return out;
}

/// A way to come to a tensor of some shape by a view of another: gradcheck moves the elements of
/// that other one.
struct Strides {
  std::string name;
  std::function<std::optional<Shape>(Shape)>
      base;  // the shape to take the view of; none if there is no such view
  std::function<Tensor(const Tensor& base, const Shape&)> view;
};

const std::vector<Strides>& all_strides() {
  static const std::vector<Strides> list = {
      {"dense", [](Shape s) { return std::optional(s); },
       [](const Tensor& x, const Shape&) { return x; }},
      {"transposed",
       [](Shape s) {
         if (s.size() < 2) return std::optional<Shape>();
         std::swap(s.front(), s.back());
         return std::optional(s);
       },
       [](const Tensor& x, const Shape&) { return x.transpose(0, -1); }},
      {"stepped",
       [](Shape s) {
         if (s.empty()) return std::optional(Shape{3});
         s.back() = 2 * s.back() + 1;
         return std::optional(s);
       },
       [](const Tensor& x, const Shape& s) {
         return s.empty() ? x.select(0, 1) : x.slice(-1, 1, x.size(-1), 2);
       }},
      {"expanded",
       [](Shape s) {
         if (s.empty()) return std::optional<Shape>();
         s.front() = 1;
         return std::optional(s);
       },
       [](const Tensor& x, const Shape& s) { return x.expand(s); }}};
  return list;
}

const std::vector<Shapes> one_input = {{{}},     {{1}},       {{4}}, {{2, 3}},
                                       {{1, 3}}, {{2, 1, 3}}, {{0}}, {{2, 0}}};
const std::vector<Shapes> no_empty = {{{}}, {{1}}, {{4}}, {{2, 3}}, {{1, 3}}, {{2, 1, 3}}};
const std::vector<Shapes> with_axes = {{{1}},       {{4}},    {{2, 3}}, {{1, 3}},
                                       {{2, 1, 3}}, {{0, 2}}, {{2, 0}}};
const std::vector<Shapes> with_axes_no_empty = {{{1}}, {{4}}, {{2, 3}}, {{1, 3}}, {{2, 1, 3}}};
const std::vector<Shapes> no_rows = {{{0, 3}}, {{2, 0, 3}}};
const std::vector<Shapes> matrices = {{{3, 4}}, {{1, 3}}, {{3, 1}}, {{2, 3, 3}}, {{0, 3}}};
const std::vector<Shapes> matrices_no_empty = {{{3, 4}}, {{1, 3}}, {{3, 1}}, {{2, 3, 3}}};
const std::vector<Shapes> pairs = {
    {{3}, {3}},   {{2, 3}, {2, 3}}, {{2, 3}, {3}}, {{2, 1}, {1, 3}}, {{}, {2, 3}},
    {{2, 2}, {}}, {{}, {}},         {{1}, {4}},    {{1, 1}, {1}},    {{4, 1, 3}, {2, 1}},
    {{0}, {0}},   {{0}, {}},        {{0, 3}, {3}}, {{2, 0}, {1}},    {{2, 0}, {2, 1}}};
const std::vector<Shapes> products = {{{3}, {3}},
                                      {{0}, {0}},
                                      {{2, 3}, {3}},
                                      {{3}, {3, 2}},
                                      {{2, 3}, {3, 4}},
                                      {{1, 3}, {3, 1}},
                                      {{2, 0}, {0, 3}},
                                      {{0, 2}, {2, 3}},
                                      {{2, 3, 4}, {4, 2}},
                                      {{2, 3}, {4, 3, 2}},
                                      {{2, 3, 4}, {4}},
                                      {{4}, {2, 4, 3}},
                                      {{2, 3, 4}, {2, 4, 2}},
                                      {{1, 3, 4}, {2, 4, 2}},
                                      {{2, 1, 2, 3}, {4, 3, 2}},
                                      {{2, 2, 0}, {2, 0, 3}},
                                      {{0, 2, 3}, {3, 2}},
                                      {{0, 2, 3}, {1, 3, 2}}};
const std::vector<Shapes> triples = {{{4}, {2, 3}, {3, 4}}, {{2, 4}, {2, 3}, {3, 4}},
                                     {{}, {2, 3}, {3, 4}},  {{2, 1}, {2, 3}, {3, 4}},
                                     {{4}, {0, 3}, {3, 4}}, {{4}, {2, 0}, {0, 4}}};
const std::vector<Shapes> pieces = {
    {{2, 3}, {2, 3}}, {{1, 3}, {1, 3}}, {{0, 3}, {0, 3}}, {{2, 3}, {2, 3}, {2, 3}}};

// The table ---------------------------------------------------------------------------------------

enum class Domain { all_numbers, positive };

struct Checked {
  std::string signature;  // as declared, without the names of the parameters
  std::vector<Shapes> inputs;
  Function f;
  Domain domain = Domain::all_numbers;
  double eps = 1e-6;
};

Function unary(Tensor (*f)(const Tensor&)) {
  return [f](const Tensors& x) { return f(x[0]); };
}
Function binary(Tensor (*f)(const Tensor&, const Tensor&)) {
  return [f](const Tensors& x) { return f(x[0], x[1]); };
}

/// All pieces of a tensor in one, but in another order, so that pieces that were exchanged would
/// show.
Tensor rejoin(Tensors parts, std::int64_t dim) {
  std::reverse(parts.begin(), parts.end());
  return cat(parts, dim);
}

/// Results of any shapes, as one.
Tensor beside(const Tensors& results) {
  Tensors flat;
  for (const Tensor& result : results) flat.push_back(result.reshape({-1}));
  return cat(flat);
}

/// Over the last axis, over the first one, which is kept, and over both of them at once. Where a
/// tensor has no elements, over the last one alone: the others may be what is empty, and nothing
/// has no maximum.
Function reduction(Tensor (*f)(const Tensor&, const Dims&, bool)) {
  return [f](const Tensors& x) {
    if (x[0].numel() == 0) return f(x[0], -1, false);
    Tensors results = {f(x[0], -1, false), f(x[0], 0, true)};
    if (x[0].dim() > 1) results.push_back(f(x[0], {0, -1}, false));
    return beside(results);
  };
}

Tensor is_positive(const Tensor& x) { return x.detach() > 0; }

/// 0, 1, 1, 2, 2, … but below n: an index that names some places twice.
Tensor places(std::int64_t n) {
  std::vector<std::int64_t> at;
  for (std::int64_t i = 0; i < 2 * n; ++i) at.push_back((i + 1) / 2 % n);
  return tensor(at);
}

Shape with_axis(Shape shape, std::int64_t length) {
  shape.push_back(length);
  return shape;
}

std::vector<Checked> elementwise() {
  return {
      {"operator+(const Tensor&, const Tensor&)", pairs, binary(operator+)},
      {"operator-(const Tensor&, const Tensor&)", pairs, binary(operator-)},
      {"operator*(const Tensor&, const Tensor&)", pairs, binary(operator*)},
      {"operator/(const Tensor&, const Tensor&)", pairs, binary(operator/)},
      {"operator+(const Tensor&, Scalar)", one_input, [](const Tensors& x) { return x[0] + 2.5; }},
      {"operator-(const Tensor&, Scalar)", one_input, [](const Tensors& x) { return x[0] - 2.5; }},
      {"operator*(const Tensor&, Scalar)", one_input, [](const Tensors& x) { return x[0] * 2.5; }},
      {"operator/(const Tensor&, Scalar)", one_input, [](const Tensors& x) { return x[0] / 2.5; }},
      {"operator+(Scalar, const Tensor&)", one_input, [](const Tensors& x) { return 2.5 + x[0]; }},
      {"operator-(Scalar, const Tensor&)", one_input, [](const Tensors& x) { return 2.5 - x[0]; }},
      {"operator*(Scalar, const Tensor&)", one_input, [](const Tensors& x) { return 2.5 * x[0]; }},
      {"operator/(Scalar, const Tensor&)", one_input, [](const Tensors& x) { return 2.5 / x[0]; }},
      {"operator-(const Tensor&)", one_input, unary(operator-)},
      {"pow(const Tensor&, Scalar)", one_input,
       [](const Tensors& x) { return pow(x[0], 3) + pow(x[0], 2) + pow(x[0], 0) + pow(x[0], 1); }},
      {"pow(const Tensor&, Scalar)", one_input, [](const Tensors& x) { return pow(x[0], -1.5); },
       Domain::positive},
      {"pow(const Tensor&, const Tensor&)", pairs, binary(pow), Domain::positive},
      {"pow(Scalar, const Tensor&)", one_input, [](const Tensors& x) { return pow(2.5, x[0]); }},
      {"exp(const Tensor&)", one_input, unary(exp)},
      {"log(const Tensor&)", one_input, unary(log), Domain::positive},
      {"log1p(const Tensor&)", one_input, unary(log1p), Domain::positive},
      {"sqrt(const Tensor&)", one_input, unary(sqrt), Domain::positive},
      {"abs(const Tensor&)", one_input, unary(abs)},
      {"tanh(const Tensor&)", one_input, unary(tanh)},
      {"sigmoid(const Tensor&)", one_input, unary(sigmoid)},
      {"relu(const Tensor&)", one_input, unary(relu)},
      {"gelu(const Tensor&)", one_input, unary(gelu)},
      {"gelu(const Tensor&, std::string_view)", one_input,
       [](const Tensors& x) { return gelu(x[0], "tanh") + gelu(x[0], "none"); }},
      {"rsqrt(const Tensor&)", one_input, unary(rsqrt), Domain::positive},
      {"sin(const Tensor&)", one_input, unary(sin)},
      {"cos(const Tensor&)", one_input, unary(cos)},
      {"erf(const Tensor&)", one_input, unary(erf)},
      {"floor(const Tensor&)", one_input, unary(floor)},
      {"ceil(const Tensor&)", one_input, unary(ceil)},
      {"round(const Tensor&)", one_input, unary(round)},
      {"floor_divide(const Tensor&, const Tensor&)", pairs, binary(floor_divide)},
      {"floor_divide(const Tensor&, Scalar)", one_input,
       [](const Tensors& x) { return floor_divide(x[0], 0.7); }},
      {"remainder(const Tensor&, const Tensor&)", pairs,
       [](const Tensors& x) { return remainder(x[0] * 3.1, x[1]); }},
      {"remainder(const Tensor&, Scalar)", one_input,
       [](const Tensors& x) { return remainder(x[0], -0.7); }},
      {"clamp(const Tensor&, std::optional<Scalar>, std::optional<Scalar>)", one_input,
       [](const Tensors& x) {
         return clamp(x[0], -0.5, 0.8) + clamp(x[0], {}, 1.0) + clamp(x[0], 0.4);
       }},
      {"maximum(const Tensor&, const Tensor&)", pairs, binary(maximum)},
      {"minimum(const Tensor&, const Tensor&)", pairs, binary(minimum)},
  };
}

std::vector<Checked> choosing() {
  return {
      {"where(const Tensor&, const Tensor&, const Tensor&)", pairs,
       [](const Tensors& x) { return where(is_positive(x[0]), x[0], x[1]); }},
      {"where(const Tensor&, const Tensor&, Scalar)", one_input,
       [](const Tensors& x) { return where(is_positive(x[0]), x[0], 2); }},
      {"where(const Tensor&, Scalar, const Tensor&)", one_input,
       [](const Tensors& x) { return where(is_positive(x[0]), 2, x[0]); }},
      {"masked_fill(const Tensor&, const Tensor&, Scalar)", pairs,
       [](const Tensors& x) { return masked_fill(x[0], is_positive(x[1]), 0.5) + x[1]; }},
      {"triu(const Tensor&, std::int64_t)", matrices,
       [](const Tensors& x) { return triu(x[0]) + triu(x[0], 1); }},
      {"tril(const Tensor&, std::int64_t)", matrices,
       [](const Tensors& x) { return tril(x[0]) + tril(x[0], -1); }},
      {"gather(const Tensor&, std::int64_t, const Tensor&)", with_axes_no_empty,
       [](const Tensors& x) {
         Shape row(x[0].dim(), 1);
         row.back() = -1;  // an index of one row: it looks at part of x only
         return gather(x[0], -1, places(x[0].size(-1)).view(row));
       }},
      {"index_select(const Tensor&, std::int64_t, const Tensor&)", with_axes_no_empty,
       [](const Tensors& x) {
         return sum(index_select(x[0], 0, places(x[0].size(0)))) +
                index_select(x[0], -1, places(x[0].size(-1)));
       }},
      {"gather(const Tensor&, std::int64_t, const Tensor&)", matrices,
       [](const Tensors& x) {
         Shape none = x[0].shape();
         none.back() = 0;
         return beside(
             {gather(x[0], -1, zeros(none, int64)), gather(x[0], -1, zeros(x[0].shape(), int64))});
       }},
      {"index_select(const Tensor&, std::int64_t, const Tensor&)", matrices,
       [](const Tensors& x) {
         return beside(
             {index_select(x[0], 0, zeros({0}, int64)), index_select(x[0], -1, tensor({0, 0}))});
       }},
      {"flip(const Tensor&, const Shape&)", with_axes,
       [](const Tensors& x) { return flip(x[0], {-1}) + flip(x[0], {0}) * 2; }},
      {"roll(const Tensor&, const Shape&, const Dims&)", one_input,
       [](const Tensors& x) { return roll(x[0], {2}); }},
      {"roll(const Tensor&, const Shape&, const Dims&)", with_axes,
       [](const Tensors& x) {
         return roll(x[0], {1, -2}, {0, -1});
       }},
      {"pad(const Tensor&, const Shape&, Padding, Scalar)", with_axes,
       [](const Tensors& x) {
         return beside({pad(x[0], {1, 2}), pad(x[0], {3, -1}, Padding::constant, 2.5)});
       }},
      {"pad(const Tensor&, const Shape&, Padding, Scalar)", with_axes_no_empty,
       [](const Tensors& x) {
         const std::int64_t most = x[0].size(-1) - 1;
         return beside(
             {pad(x[0], {most, 1}, Padding::replicate), pad(x[0], {most, most}, Padding::reflect)});
       }},
      {"pad(const Tensor&, const Shape&, Padding, Scalar)", matrices_no_empty,
       [](const Tensors& x) {
         return beside({pad(x[0], {1, -1, 0, 2}), pad(x[0], {2, 1, 1, 0}, Padding::replicate)});
       }},
      {"sort(const Tensor&, std::int64_t, bool)", one_input,
       [](const Tensors& x) { return sort(x[0]).values + sort(x[0], 0, true).values; }},
      {"topk(const Tensor&, std::int64_t, std::int64_t, bool)", with_axes,
       [](const Tensors& x) {
         return beside({topk(x[0], (x[0].size(-1) + 1) / 2).values,
                        topk(x[0], x[0].size(0), 0, false).values});
       }},
      {"cat(const Tensors&, std::int64_t)", pieces, [](const Tensors& x) { return cat(x, 0); }},
      {"cat(const Tensors&, std::int64_t)", pieces, [](const Tensors& x) { return cat(x, -1); }},
      {"stack(const Tensors&, std::int64_t)", pairs,
       [](const Tensors& x) {
         const Tensor sum = x[0] + x[1];
         return stack({sum, x[0].expand(sum.shape())}, -1);
       }},
      {"split(const Tensor&, std::int64_t, std::int64_t)", with_axes,
       [](const Tensors& x) { return rejoin(split(x[0], 2, -1), -1); }},
      {"split(const Tensor&, const std::vector<std::int64_t>&, std::int64_t)", with_axes_no_empty,
       [](const Tensors& x) {
         return rejoin(split(x[0], {1, 0, x[0].size(-1) - 1}, -1), -1);
       }},
      {"chunk(const Tensor&, std::int64_t, std::int64_t)", with_axes,
       [](const Tensors& x) { return rejoin(chunk(x[0], 2, 0), 0); }},
      {"repeat(const Tensor&, const Shape&)", one_input,
       [](const Tensors& x) {
         Shape times(x[0].dim() + 1, 2);
         times.front() = 3;
         return repeat(x[0], times);
       }},
  };
}

std::vector<Checked> folding() {
  return {
      {"sum(const Tensor&, const Dims&, bool)", one_input,
       [](const Tensors& x) { return sum(x[0]); }},
      {"sum(const Tensor&, const Dims&, bool)", with_axes, reduction(sum)},
      {"mean(const Tensor&, const Dims&, bool)", no_empty,
       [](const Tensors& x) { return mean(x[0]); }},
      {"mean(const Tensor&, const Dims&, bool)", with_axes_no_empty, reduction(mean)},
      {"mean(const Tensor&, const Dims&, bool)", no_rows, reduction(mean)},
      {"var(const Tensor&, const Dims&, bool, int)", no_empty,
       [](const Tensors& x) { return var(x[0], {}, false, 0); }},
      {"var(const Tensor&, const Dims&, bool, int)", with_axes_no_empty,
       [](const Tensors& x) {
         return beside({var(cat({x[0], x[0] * x[0]}, 0), 0), var(x[0], -1, true, 0)});
       }},
      {"var(const Tensor&, const Dims&, bool, int)", no_rows,
       [](const Tensors& x) { return var(x[0], -1); }},
      {"std(const Tensor&, const Dims&, bool, int)", no_empty,
       [](const Tensors& x) { return kindling::std(x[0], {}, false, 0); }},
      {"std(const Tensor&, const Dims&, bool, int)", with_axes_no_empty,
       [](const Tensors& x) {
         return beside({kindling::std(cat({x[0], x[0] * x[0]}, 0), 0),
                        kindling::std(cat({x[0], x[0] * x[0]}, -1), -1, true, 0)});
       }},
      {"std(const Tensor&, const Dims&, bool, int)", no_rows,
       [](const Tensors& x) { return kindling::std(x[0], -1); }},
      {"norm(const Tensor&, double, const Dims&, bool)", no_empty,
       [](const Tensors& x) {
         Tensors results;
         for (const double p : {2., 1., infinity, -infinity, 3., 0.5, -1., 0.})
           results.push_back(norm(x[0], p));
         return beside(results);
       }},
      {"norm(const Tensor&, double, const Dims&, bool)", with_axes_no_empty,
       [](const Tensors& x) {
         Tensors results;
         for (const double p : {2., 1., infinity, 3.}) {
           results.push_back(norm(x[0], p, -1));
           results.push_back(norm(x[0], p, 0, true));
         }
         return beside(results);
       }},
      {"norm(const Tensor&, double, const Dims&, bool)", no_rows,
       [](const Tensors& x) { return norm(x[0], 2, -1); }},
      {"prod(const Tensor&, const Dims&, bool)", one_input,
       [](const Tensors& x) { return prod(x[0]); }},
      {"prod(const Tensor&, const Dims&, bool)", with_axes, reduction(prod)},
      {"prod(const Tensor&, const Dims&, bool)", matrices,  // with one 0 in a row, and with two
       [](const Tensors& x) {
         return prod(triu(x[0], 1), -1) + prod(tril(x[0], 1), 0).select(-1, 0);
       }},
      {"cumsum(const Tensor&, std::int64_t)", one_input,
       [](const Tensors& x) { return cumsum(x[0], 0) + cumsum(x[0], -1); }},
      {"logsumexp(const Tensor&, const Dims&, bool)", no_empty,
       [](const Tensors& x) { return logsumexp(x[0]); }},
      {"logsumexp(const Tensor&, const Dims&, bool)", with_axes_no_empty, reduction(logsumexp)},
      {"logsumexp(const Tensor&, const Dims&, bool)", no_rows, reduction(logsumexp)},
      {"amax(const Tensor&, const Dims&, bool)", no_empty,
       [](const Tensors& x) { return amax(x[0]); }},
      {"amax(const Tensor&, const Dims&, bool)", with_axes_no_empty, reduction(amax)},
      {"amax(const Tensor&, const Dims&, bool)", no_rows, reduction(amax)},
      {"amin(const Tensor&, const Dims&, bool)", no_empty,
       [](const Tensors& x) { return amin(x[0]); }},
      {"amin(const Tensor&, const Dims&, bool)", with_axes_no_empty, reduction(amin)},
      {"amin(const Tensor&, const Dims&, bool)", no_rows, reduction(amin)},
      {"max(const Tensor&)", no_empty, unary(max)},
      {"min(const Tensor&)", no_empty, unary(min)},
      {"max(const Tensor&, std::int64_t, bool)", with_axes_no_empty,
       [](const Tensors& x) {
         return beside({max(x[0], -1).values, max(x[0], 0, true).values});
       }},
      {"min(const Tensor&, std::int64_t, bool)", with_axes_no_empty,
       [](const Tensors& x) {
         return beside({min(x[0], -1).values, min(x[0], 0, true).values});
       }},
      {"max(const Tensor&, std::int64_t, bool)", no_rows,
       [](const Tensors& x) { return max(x[0], -1).values; }},
      {"min(const Tensor&, std::int64_t, bool)", no_rows,
       [](const Tensors& x) { return min(x[0], -1).values; }},
      {"softmax(const Tensor&, std::int64_t)", one_input,
       [](const Tensors& x) { return softmax(x[0], -1) + softmax(x[0], 0); }},
      {"matmul(const Tensor&, const Tensor&)", products, binary(matmul)},
      {"einsum(std::string_view, const Tensors&)", one_input,
       [](const Tensors& x) {
         return einsum("...,...->...", {x[0], x[0]}) + einsum("...->", {x[0]});
       }},
      {"einsum(std::string_view, const Tensors&)", triples,
       [](const Tensors& x) {
         return einsum("...,...ij,jk->...ki", {x[0].reshape({-1})[0], x[1], x[2]});
       }},
      {"einsum(std::string_view, const Tensors&)", matrices,
       [](const Tensors& x) {
         return beside({einsum("...ij,...kj->...ik", {x[0], x[0]}),
                        einsum("...ij,...ij->...j", {x[0], x[0]})});
       }},
      {"einsum(std::string_view, const Tensors&)",
       {{{3, 3}}},
       [](const Tensors& x) { return einsum("ii->i", {x[0]}) + einsum("ii", {x[0]}); }},
      {"addmm(const Tensor&, const Tensor&, const Tensor&)", triples,
       [](const Tensors& x) { return addmm(x[0], x[1], x[2]); }},
  };
}

std::vector<Checked> methods() {
  return {
      {"unsafe_view(const Tensor&, const Shape&)", one_input,
       [](const Tensors& x) {
         return unsafe_view(x[0].clone(), {x[0].numel(), 1});
       }},
      {"Tensor::to(DType)", one_input,
       [](const Tensors& x) { return x[0].to(float32).to(float64); }, Domain::all_numbers, 0x1p-8},
      {"Tensor::to(Device, bool)", one_input, [](const Tensors& x) { return x[0].to(cpu); }},
      {"Tensor::clone()", one_input, [](const Tensors& x) { return x[0].clone(); }},
      {"Tensor::contiguous()", one_input, [](const Tensors& x) { return x[0].contiguous(); }},
      {"Tensor::view(const Shape&)", one_input,
       [](const Tensors& x) { return x[0].view(with_axis(x[0].shape(), 1)); }},
      {"Tensor::reshape(const Shape&)", one_input,
       [](const Tensors& x) { return x[0].reshape({-1}); }},
      {"Tensor::flatten(std::int64_t, std::int64_t)", one_input,
       [](const Tensors& x) { return x[0].flatten(); }},
      {"Tensor::transpose(std::int64_t, std::int64_t)", one_input,
       [](const Tensors& x) { return x[0].transpose(0, -1); }},
      {"Tensor::permute(const Shape&)", with_axes,
       [](const Tensors& x) {
         Shape rotated;  // not its own inverse
         for (std::int64_t axis = 0; axis < x[0].dim(); ++axis)
           rotated.push_back((axis + 1) % x[0].dim());
         return x[0].permute(rotated);
       }},
      {"Tensor::T()", one_input, [](const Tensors& x) { return x[0].T(); }},
      {"Tensor::squeeze()", one_input, [](const Tensors& x) { return x[0].squeeze(); }},
      {"Tensor::squeeze(std::int64_t)", one_input,
       [](const Tensors& x) { return x[0].squeeze(0); }},
      {"Tensor::unsqueeze(std::int64_t)", one_input,
       [](const Tensors& x) { return x[0].unsqueeze(-1).unsqueeze(0); }},
      {"Tensor::expand(const Shape&)", one_input,
       [](const Tensors& x) {
         Shape wider = x[0].shape();
         for (auto& length : wider)
           if (length == 1) length = 3;
         wider.insert(wider.begin(), 2);
         return x[0].expand(wider);
       }},
      {"Tensor::select(std::int64_t, std::int64_t)", with_axes_no_empty,
       [](const Tensors& x) { return x[0].select(-1, -1); }},
      {"Tensor::operator[](std::int64_t)", with_axes_no_empty,
       [](const Tensors& x) { return x[0][0]; }},
      {"Tensor::narrow(std::int64_t, std::int64_t, std::int64_t)", with_axes_no_empty,
       [](const Tensors& x) {
         return x[0].narrow(-1, x[0].size(-1) / 2, x[0].size(-1) - x[0].size(-1) / 2);
       }},
      {"Tensor::slice(std::int64_t, std::int64_t, std::int64_t, std::int64_t)", with_axes,
       [](const Tensors& x) { return x[0].slice(-1, 0, 100, 2); }},
      {"Tensor::unfold(std::int64_t, std::int64_t, std::int64_t)", with_axes_no_empty,
       [](const Tensors& x) {
         const std::int64_t n = x[0].size(-1);
         return beside({x[0].unfold(-1, (n + 1) / 2, 1), x[0].unfold(0, 1, 2)});
       }},
      {"Tensor::unfold(std::int64_t, std::int64_t, std::int64_t)", one_input,
       [](const Tensors& x) { return x[0].unfold(0, 0, 1); }},
      {"Tensor::as_strided(const Shape&, const Shape&, std::optional<std::int64_t>)", no_empty,
       [](const Tensors& x) {
         const Tensor dense = x[0].contiguous().reshape({-1});
         const std::int64_t n = (dense.numel() + 1) / 2;
         return dense.as_strided({dense.numel() - n + 1, n}, {1, 1});
       }},
      {"Tensor::as_strided(const Shape&, const Shape&, std::optional<std::int64_t>)",
       matrices_no_empty,
       [](const Tensors& x) {  // every second element of what x lies in, as the strides have it
         return x[0].as_strided({x[0].size(-1), 2}, {x[0].strides().back(), 0});
       }},
  };
}

std::vector<Checked> table() {
  std::vector<Checked> all;
  for (const auto& part : {elementwise(), choosing(), folding(), methods()})
    all.insert(all.end(), part.begin(), part.end());
  return all;
}

// Running it --------------------------------------------------------------------------------------

std::string describe(const Checked& c, const Shapes& shapes, const Strides& strides) {
  std::ostringstream text;
  text << c.signature;
  for (const Shape& shape : shapes) text << ' ' << shape;
  text << ", " << strides.name;
  return text.str();
}

/// \return whether there was anything to check: not every shape can be had by every view
bool run(const Checked& c, const Shapes& shapes, const Strides& strides) {
  Tensors bases;
  for (const Shape& shape : shapes) {
    const std::optional<Shape> base = strides.base(shape);
    // A 0-d operand beside one with axes stays as it is.
    if (!base && shapes.size() == 1) return false;
    bases.push_back(numbers(base.value_or(shape), static_cast<int>(bases.size()),
                            c.domain == Domain::positive));
    bases.back().requires_grad_();
  }
  const Function f = [&](const Tensors& x) {
    Tensors seen;
    for (std::size_t i = 0; i < x.size(); ++i)
      seen.push_back(strides.base(shapes[i]) ? strides.view(x[i], shapes[i]) : x[i]);
    return c.f(seen);
  };
  try {
    const GradcheckResult result = gradcheck(f, bases, c.eps);
    CHECK_MESSAGE(result.ok, describe(c, shapes, strides), ": ", result.message);
  } catch (const std::exception& error) {
    FAIL_CHECK(describe(c, shapes, strides), ": ", std::string(error.what()));
  }
  return true;
}

// What is declared --------------------------------------------------------------------------------

std::string read_header(const std::string& name) {
  std::ifstream file(KINDLING_SOURCE_DIR "/common/include/kindling/" + name);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// "const Tensor& x, std::int64_t dim = 0" → "const Tensor&, std::int64_t"
std::string types_of(const std::string& parameters) {
  std::string out, parameter;
  const auto finish = [&] {
    std::istringstream words(parameter.substr(0, parameter.find('=')));
    std::string type, word;
    while (words >> word) {
      const bool is_name =
          !type.empty() && type != "const" && word.find_first_of("&<:") == std::string::npos;
      if (!is_name) type += (type.empty() ? "" : " ") + word;
    }
    out += (out.empty() ? "" : ", ") + type;
    parameter.clear();
  };
  int depth = 0;  // of brackets: a comma between them does not end a parameter
  for (const char c : parameters) {
    depth += c == '<' || c == '{' ? 1 : c == '>' || c == '}' ? -1 : 0;
    if (c == ',' && depth == 0)
      finish();
    else
      parameter += c;
  }
  if (!parameter.empty()) finish();
  return out;
}

/// The signatures of the functions whose declarations begin with `start` and end with `end`.
void collect(const std::string& text, const std::string& start, const std::string& end,
             const std::string& prefix, std::set<std::string>& found) {
  for (std::size_t at = text.find(start); at != std::string::npos; at = text.find(start, at + 1)) {
    const std::size_t name = at + start.size();
    const std::size_t open = text.find('(', name), close = text.find(')', name);
    if (text.compare(close + 1, end.size(), end) != 0) continue;
    found.insert(prefix + text.substr(name, open - name) + "(" +
                 types_of(text.substr(open + 1, close - open - 1)) + ")");
  }
}

/// The signatures of all functions that give tensors: those of ops.h, and Tensor's methods that
/// leave it as it is.
std::set<std::string> declared() {
  std::set<std::string> found;
  for (const std::string type : {"Tensor", "Tensors", "ValuesAndIndices"})
    collect(read_header("ops.h"), "\n" + type + " ", ";", "", found);
  collect(read_header("tensor.h"), "\n  Tensor ", " const", "Tensor::", found);
  return found;
}

/// Whether there is a gradient; what answers a question about elements has none.
bool is_differentiable(const std::string& signature) {
  static const std::set<std::string> without = {"operator==",
                                                "operator!=",
                                                "operator<",
                                                "operator<=",
                                                "operator>",
                                                "operator>=",
                                                "logical_and",
                                                "logical_or",
                                                "logical_xor",
                                                "logical_not",
                                                "isnan",
                                                "isinf",
                                                "isfinite",
                                                "one_hot",
                                                "argsort",
                                                "argmax",
                                                "argmin",
                                                "all",
                                                "any",
                                                "Tensor::grad",
                                                "Tensor::detach",
                                                "Tensor::pin_memory"};
  return !without.contains(signature.substr(0, signature.find('(')));
}

}  // namespace

TEST_CASE(
    "every differentiable operation passes gradcheck: broadcast, strided, of length 1, 0-d and "
    "empty") {
  int ran = 0;
  for (const Checked& c : table())
    for (const Shapes& shapes : c.inputs)
      for (const Strides& strides : all_strides()) ran += run(c, shapes, strides);
  MESSAGE(ran, " gradients checked");
  CHECK(ran > 2000);
}

TEST_CASE(
    "no differentiable operation is missing from the table, and none is in it that does not "
    "exist") {
  std::set<std::string> in_table;
  for (const Checked& c : table()) in_table.insert(c.signature);
  const std::set<std::string> exist = declared();
  CHECK(exist.size() > 80);  // else the headers were not understood
  for (const std::string& signature : exist)
    if (is_differentiable(signature))
      CHECK_MESSAGE(in_table.contains(signature), "not checked: ", signature);
  for (const std::string& signature : in_table)
    CHECK_MESSAGE(exist.contains(signature), "not declared: ", signature);
}

TEST_CASE("gradcheck finds a wrong rule, and says where") {
  const Tensor x = numbers({2, 3}, 0, false), y = numbers({3}, 1, false);
  SUBCASE("one element of one input") {
    const Function f = [](const Tensors& in) {
      const Tensor right = in[0].detach() + in[1].detach();
      return record(right, "PlantedBackward0", in, [](const Tensor& grad) -> Tensors {
        Tensor wrong = grad.clone();
        wrong.select(0, 1).select(0, 2).mul_(2);
        return {wrong, grad};
      });
    };
    const GradcheckResult result =
        gradcheck(f, {x.clone().requires_grad_(), y.clone().requires_grad_()});
    CHECK_FALSE(result.ok);
    CHECK_MESSAGE(
        result.message.find("input 0 of shape [2, 3], element [1, 2]") != std::string::npos,
        result.message);
    CHECK(result.message.find("expected 2.35") != std::string::npos);
    CHECK(result.message.find("got 4.7") != std::string::npos);
  }
  SUBCASE("a factor for all of the second input") {
    const Function f = [](const Tensors& in) {
      return record(in[0].detach() * in[1].detach(), "PlantedBackward0", in,
                    [a = in[0].detach(), b = in[1].detach()](const Tensor& g) -> Tensors {
                      return {g * b, g * a * 0.99};
                    });
    };
    const GradcheckResult result =
        gradcheck(f, {x.clone().requires_grad_(), y.clone().requires_grad_()});
    CHECK_FALSE(result.ok);
    CHECK_MESSAGE(result.message.find("input 1 of shape [3], element [0]") != std::string::npos,
                  result.message);
  }
  SUBCASE("a gradient that does not come") {
    const Function f = [](const Tensors& in) {
      return record(in[0].detach() * 3, "PlantedBackward0", in, [](const Tensor&) -> Tensors {
        return {Tensor(), Tensor()};
      });
    };
    CHECK_FALSE(gradcheck(f, {x.clone().requires_grad_(), y.clone().requires_grad_()}).ok);
  }
  SUBCASE("rows of a gradient exchanged: a sum would not notice") {
    const Function f = [](const Tensors& in) {
      return record(in[0].detach() * 2, "PlantedBackward0", in, [](const Tensor& g) -> Tensors {
        return {index_select(g, 0, tensor({1, 0})) * 2};
      });
    };
    CHECK_FALSE(gradcheck(f, {x.clone().requires_grad_()}).ok);
  }
}

TEST_CASE("gradcheck wants float64, and leaves its inputs as they were") {
  CHECK_THROWS_AS(gradcheck(unary(exp), {tensor({1.0}).requires_grad_()}), Error);
  Tensor x = numbers({3}, 0, false).requires_grad_();
  const Tensor before = x.detach().clone();
  CHECK(gradcheck(unary(exp), {x}).ok);
  CHECK(equal(x.detach(), before));
  CHECK_FALSE(x.grad().defined());
}
