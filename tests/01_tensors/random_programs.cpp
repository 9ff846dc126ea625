/// Random programs over the exercises of chapter 1, which a judge compares with the reference.
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "kindling/backend.h"
#include "kindling/cpu_backend.h"
#include "kindling/ops.h"
#include "kindling/shape.h"
#include "kindling/tensor.h"
#include "testing/beside.h"

using namespace kindling;
using namespace kindling::testing;

TEST_SUITE_BEGIN("random programs");

namespace {

std::string described(const Layout& x) {
  return text("shape ", x.shape, ", strides ", x.strides, ", offset ", x.offset);
}

/// Lengths that no memory has to hold: up to ten axes, and numbers of more than 31 bits.
Shape large_shape(Program& p, std::int64_t most_axes) {
  Shape shape = p.shape(0, most_axes, 12, 0, std::int64_t(1) << 40);
  if (p.chance(0.2) && shape.size() < 4)
    for (std::int64_t& length : shape)
      if (p.chance(0.5)) length = p.between(1, 2'000'000);
  return shape;
}

}  // namespace

TEST_CASE("1.1  random shapes, beside the reference") {
  beside_reference(200, [](Program& p) {
    const Shape shape = large_shape(p, 12);
    const Shape kept = shape;
    p.compare(text("the strides of ", shape), [&] { return row_major_strides(shape); });
    p.see("the shape that was given, afterwards", shape == kept);
  });
}

TEST_CASE("1.2  random pairs of shapes, beside the reference") {
  beside_reference(300, [](Program& p) {
    p.with_words();
    const Shape result = large_shape(p, 12);
    Shape a = p.narrower(result), b = p.narrower(result);
    // Sometimes a pair that does not fit, or fits by chance only.
    for (Shape* shape : {&a, &b})
      if (!shape->empty() && p.chance(0.3))
        (*shape)[p.between(0, std::ssize(*shape) - 1)] = p.between(0, 3);
    p.compare(text(a, " with ", b), [&] { return broadcast_shapes(a, b); });
    p.compare(text(b, " with ", a), [&] { return broadcast_shapes(b, a); });
  });
}

TEST_CASE("1.3  random layouts, beside the reference") {
  beside_reference(200, [](Program& p) {
    Layout x;
    x.shape = large_shape(p, 12);
    if (x.shape.empty()) x.shape.push_back(p.between(0, 3));
    for (std::size_t axis = 0; axis < x.shape.size(); ++axis)
      x.strides.push_back(p.chance(0.1) ? p.between(-20, 20) * 1'000'000'007 : p.between(-20, 60));
    x.offset = p.chance(0.1) ? p.between(0, 1) << 40 : p.between(0, 100);
    const std::int64_t last = std::ssize(x.shape) - 1;
    const std::int64_t dim0 = p.between(0, last), dim1 = p.between(0, last);
    const Layout kept = x;
    p.given("x", described(x));
    const auto t = p.call(text("transpose(x, ", dim0, ", ", dim1, ")"),
                          [&] { return transpose(x, dim0, dim1); });
    if (t) p.see("the transpose", described(*t));
    p.see("the layout that was given, afterwards", x == kept);
  });
}

TEST_CASE("1.4  random walks, beside the reference") {
  beside_reference(150, [](Program& p) {
    const Shape shape = p.shape(0, 12, 6, 0, 3000);
    const std::size_t operands = static_cast<std::size_t>(p.between(1, 4));
    Layout first;
    first.shape = shape;
    first.strides.resize(shape.size());
    Walk walk({&first});
    walk.operands = operands;
    const bool far = p.chance(0.2);  // beyond 31 bits
    for (std::size_t o = 0; o < operands; ++o) {
      walk.strides[o] = shape;
      for (std::int64_t& stride : walk.strides[o])
        stride = p.chance(0.2) ? 0 : p.between(-7, 40) * (far ? 1'000'000'007 : 1);
    }
    std::string given = text("shape ", shape, ", strides");
    for (std::size_t o = 0; o < operands; ++o) given += text(o ? " and " : " ", walk.strides[o]);
    p.given("walk", given);
    // Where each row begins: all of the first ones, then a sum that depends on their order.
    std::vector<std::string> rows;
    std::uint64_t count = 0, mixed = 0;
    std::int64_t enough = 2;
    for (const std::int64_t length : shape) enough *= std::max<std::int64_t>(length, 1);
    const auto run = [&] {
      for_each_row(walk, [&](const RowOffsets& at) {
        if (std::int64_t(++count) > enough)
          wrong_answer(text("for_each_row does not end: it has called row(at) ", count, " times"));
        Shape places(at.begin(), at.begin() + static_cast<std::ptrdiff_t>(operands));
        for (const std::int64_t place : places)
          mixed = (mixed ^ static_cast<std::uint64_t>(place)) * 0x9E3779B97F4A7C15;
        if (rows.size() < 12) rows.push_back(text(places));
      });
    };
    p.call("for_each_row(walk, row)", run);
    p.see("how often it called row(at)", count);
    p.see("the first calls of row(at)", rows);
    p.see("all calls of row(at), mixed into one number", mixed);
  });
}

TEST_CASE("1.4  random operations on strided tensors, beside the reference") {
  beside_reference(60, [](Program& p) {
    const Shape shape = p.size() == 1 ? Shape{37, 41, 43} : p.shape(0, 6, 12);
    const DType dtype = p.pick({float32, float64, int64, bool_});
    const Draw draw{.dtype = dtype, .values = Draw::digits, .repeated = p.chance(0.3)};
    const Tensor a = p.tensor("a", shape, draw);
    const Tensor b = p.chance(0.2) ? a : p.tensor("b", p.narrower(shape), draw);
    p.compare("a + b", [&] { return a + b; });
    p.compare("where(a < b, a, b)", [&] { return where(a < b, a, b); });
    Tensor out = p.tensor("out", shape, {.dtype = dtype});
    p.call("out.copy_(a)", [&] { out.copy_(a); });
  });
}

namespace {

/// A fold that shows in which order it took what in.
struct Mixing {
  double operator()(double so_far, double x) const { return so_far * 0.75 + x; }
};

}  // namespace

TEST_CASE("1.5  random reductions, beside the reference") {
  beside_reference(120, [](Program& p) {
    // The backend asks for a fold of [outer, n, inner]: all of its own and some of the learner's.
    const std::int64_t largest = p.size() > 0.9 ? 70 : 9;
    const Shape shape = {p.length(largest), p.length(largest), p.length(largest)};
    const DType dtype = p.pick({float32, float64, int64, bool_});
    const auto values = p.chance(0.3) ? Draw::special : Draw::digits;
    const Tensor x = p.tensor("x", shape, {.dtype = dtype, .values = values, .strided = false});
    CpuBackend cpu_backend;
    for (const Reduction op :
         {Reduction::sum, Reduction::max, Reduction::min, Reduction::all, Reduction::any}) {
      if (op == Reduction::sum && dtype == bool_) continue;  // the library sums int64
      const bool truth = op == Reduction::all || op == Reduction::any;
      // Rows of floating-point numbers take a way of their own where they are dense.
      const Tensor out =
          p.tensor("out", {shape[0], shape[2]}, {.dtype = truth ? bool_ : dtype, .strided = false});
      const char* names[] = {"sum", "max", "min", "all", "any"};
      p.call(text("reduce(", names[int(op)], ", x, out)"), [&] { cpu_backend.reduce(op, x, out); });
      p.unwatch();
      p.watch("x", x);
    }
  });
}

TEST_CASE("1.6  random products of int64 matrices, beside the reference") {
  beside_reference(120, [](Program& p) {
    const std::int64_t largest = p.size() > 0.9 ? 70 : 9;
    const std::int64_t batch = p.length(3, 1), m = p.length(largest), k = p.length(largest),
                       n = p.length(largest);
    const auto values = p.chance(0.3) ? Draw::special : Draw::whole;
    const DType dtype = int64;
    const Tensor a = p.tensor("a", {batch, m, k}, {.dtype = dtype, .values = values});
    const Tensor b = p.tensor("b", {batch, k, n}, {.dtype = dtype, .values = values});
    const Tensor c = p.tensor("c", {batch, m, n}, {.dtype = dtype, .strided = false});
    CpuBackend cpu_backend;
    p.call("c += a b", [&] { cpu_backend.matmul(a, b, c, true); });
    p.call("c = a b", [&] { cpu_backend.matmul(a, b, c, false); });
    if (batch == 1) p.compare("matmul(a[0], b[0])", [&] { return matmul(a[0], b[0]); });
  });
}

TEST_SUITE_END();
