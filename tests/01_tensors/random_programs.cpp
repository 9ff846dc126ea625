/// Random programs over the exercises of chapter 1, which a judge compares with the reference.
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <functional>
#include <new>
#include <string>
#include <thread>
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

/// Lengths that no memory has to hold: up to a hundred axes, and numbers of up to 62 bits.
Shape large_shape(Program& p, std::int64_t most_axes) {
  if (p.chance(0.06)) {
    Shape shape(static_cast<std::size_t>(p.between(13, p.chance(0.3) ? 200 : 40)), 1);
    for (std::int64_t i = p.between(0, 20); i > 0; --i)
      shape[static_cast<std::size_t>(p.between(0, std::ssize(shape) - 1))] = p.between(0, 6);
    return shape;
  }
  if (p.chance(0.08)) {
    Shape shape;
    std::int64_t bits = 62;
    for (std::int64_t i = p.between(1, 5); i > 0; --i) {
      const std::int64_t here = i == 1 || p.chance(0.3) ? bits : p.between(0, bits);
      shape.push_back(p.between((std::int64_t(1) << here) / 2 + 1, std::int64_t(1) << here));
      bits -= here;
    }
    return shape;
  }
  Shape shape = p.shape(0, most_axes, 12, 0, std::int64_t(1) << 40);
  if (p.chance(0.2) && shape.size() < 4)
    for (std::int64_t& length : shape)
      if (p.chance(0.5)) length = p.between(1, 2'000'000);
  if (p.chance(0.2) && shape.size() == 1) shape[0] = p.between(1, 5) * 1'000'000'007;
  return shape;
}

}  // namespace

TEST_CASE("1.1  random shapes, beside the reference") {
  beside_reference(200, [](Program& p) {
    const Shape shape = large_shape(p, 12);
    const Shape kept = shape;
    p.compare(text("the strides of ", shape), [&] { return row_major_strides(shape); });
    p.see("the shape that was given, afterwards", shape == kept);
    const Shape reversed(shape.rbegin(), shape.rend());
    p.compare(text("the strides of ", reversed), [&] { return row_major_strides(reversed); });
    if (p.number() % 100 == 99) {
      const std::vector<Shape> shapes = {{2, 3, 4}, {5, 4, 3, 2}, {7}, {2, 0, 3}};
      p.see("whether four threads get the strides that each gets alone",
            agree_in_threads(20'000, [&](int i) { return row_major_strides(shapes[i]); }));
    }
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
    // And lengths that are one number in 32 bits.
    if (!a.empty() && !b.empty() && p.chance(0.15)) {
      a.back() =
          p.pick<std::int64_t>({3, (std::int64_t(1) << 32) + 3, (std::int64_t(1) << 32) + 1});
      b.back() = p.pick<std::int64_t>({1, 3, (std::int64_t(1) << 32) + 3});
    }
    // Or differ in some of their bits only.
    if (!b.empty() && p.chance(0.15)) {
      const std::int64_t axis = p.between(1, std::ssize(b));
      std::int64_t& length = b[b.size() - static_cast<std::size_t>(axis)];
      if (axis <= std::ssize(a)) length = a[a.size() - static_cast<std::size_t>(axis)];
      if (length > 1 && length < std::int64_t(1) << 61)
        length += p.pick<std::int64_t>({1, 1, 256, 65'536, std::int64_t(1) << 32, length});
    }
    p.compare(text(a, " with ", b), [&] { return broadcast_shapes(a, b); });
    p.compare(text(b, " with ", a), [&] { return broadcast_shapes(b, a); });
    p.compare(text(a, " with itself"), [&] { return broadcast_shapes(a, a); });
    if (p.number() % 150 == 149)
      p.see("whether four threads get the shapes that each gets alone",
            agree_in_threads(20'000, [&](int i) {
              return i % 2 ? broadcast_shapes({4, 1, 3}, {2, 3}) : broadcast_shapes({2, 1}, {3});
            }));
  });
}

TEST_CASE("1.3  random layouts, beside the reference") {
  beside_reference(200, [](Program& p) {
    Layout x;
    x.shape = large_shape(p, 12);
    if (x.shape.empty()) x.shape.push_back(p.between(0, 3));
    for (std::size_t axis = 0; axis < x.shape.size(); ++axis)
      x.strides.push_back(p.chance(0.1)    ? p.between(-20, 20) * 1'000'000'007
                          : p.chance(0.03) ? p.between(1, std::int64_t(1) << 62)
                                           : p.between(-20, 60));
    x.offset =
        p.chance(0.1) ? p.between(0, std::int64_t(1) << p.between(40, 62)) : p.between(0, 100);
    const std::int64_t last = std::ssize(x.shape) - 1;
    const std::int64_t dim0 = p.between(0, last), dim1 = p.between(0, last);
    const Layout kept = x;
    p.given("x", described(x));
    const auto t = p.call(text("transpose(x, ", dim0, ", ", dim1, ")"),
                          [&] { return transpose(x, dim0, dim1); });
    if (t) p.see("the transpose", described(*t));
    p.see("the layout that was given, afterwards", x == kept);
    if (!t) return;
    const auto back = p.call("the same of the result", [&] { return transpose(*t, dim1, dim0); });
    if (back) p.see("the transpose of the transpose", described(*back));
    if (p.number() % 100 == 99) {
      const Layout a({2, 3}, {3, 1}, 5), b({4, 5, 6}, {30, 6, 1}, 0);
      p.see("whether four threads get what each gets alone",
            agree_in_threads(20'000, [&](int i) { return transpose(i % 2 ? a : b, 0, 1); }));
    }
  });
}

TEST_CASE("1.4  random walks, beside the reference") {
  beside_reference(150, [](Program& p) {
    Shape shape = p.shape(0, 12, 6, 0, 3000);
    if (p.chance(0.05)) {
      shape = Shape(static_cast<std::size_t>(p.between(13, 70)), 1);
      for (int i = 0; i < 5; ++i)
        shape[static_cast<std::size_t>(p.between(0, std::ssize(shape) - 1))] = p.between(1, 4);
    }
    std::int64_t enough = 2;  // calls
    for (const std::int64_t length : shape) enough *= std::max<std::int64_t>(length, 1);
    // Nobody walks along a row, so it may be long.
    if (!shape.empty() && p.chance(0.2))
      shape.back() =
          p.chance(0.3) ? std::int64_t(1) << p.between(31, 33) : p.between(1, 1 << 30) * 99;
    const std::size_t operands = static_cast<std::size_t>(p.between(1, 4));
    Layout first;
    first.shape = shape;
    first.strides.resize(shape.size());
    Walk walk({&first});
    walk.operands = operands;
    // Beyond 31 bits, and as far as 62 bits reach.
    const std::int64_t far = p.chance(0.8)   ? 1
                             : p.chance(0.5) ? 1'000'000'007
                                             : (std::int64_t(1) << 62) / (50 * enough);
    const bool repeated = p.chance(0.1);  // every row is the same
    for (std::size_t o = 0; o < operands; ++o) {
      walk.strides[o] = shape;
      for (std::int64_t& stride : walk.strides[o])
        stride = repeated || p.chance(0.2)
                     ? 0
                     : p.between(-7, 40) * far + (far > 1 ? p.between(0, 7) : 0);
    }
    std::string given = text("shape ", shape, ", strides");
    for (std::size_t o = 0; o < operands; ++o) given += text(o ? " and " : " ", walk.strides[o]);
    p.given("walk", given);
    // Where each row begins: all of the first ones, then a sum that depends on their order.
    std::vector<std::string> rows;
    std::uint64_t count = 0, mixed = 0;
    const std::int64_t inner = p.chance(0.3) ? p.between(0, 3) : -1;  // its row walks, too
    const std::int64_t last = p.chance(0.1) ? p.between(0, 5) : -1;   // its row throws
    const bool in_words = p.chance(0.7);
    const std::function<void(bool)> run = [&](bool outer) {
      std::int64_t here = 0;
      for_each_row(walk, [&](const RowOffsets& at) {
        if (std::int64_t(++count) > 2 * enough)
          wrong_answer(text("for_each_row does not end: it has called row(at) ", count, " times"));
        Shape places(at.begin(), at.begin() + static_cast<std::ptrdiff_t>(operands));
        for (const std::int64_t place : places)
          mixed = (mixed ^ static_cast<std::uint64_t>(place)) * 0x9E3779B97F4A7C15;
        if (rows.size() < 12) rows.push_back(text(places));
        if (outer && here == inner) run(false);
        if (outer && here == last) {
          if (in_words) throw Error("row(at) throws");
          throw std::bad_alloc();
        }
        ++here;
      });
    };
    p.call("for_each_row(walk, row)", [&] { run(true); });
    if (last >= 0) p.call("for_each_row(walk, row), after one that threw", [&] { run(false); });
    p.see("how often it called row(at)", count);
    p.see("the first calls of row(at)", rows);
    p.see("all calls of row(at), mixed into one number", mixed);
    if (p.number() % 50 == 49) {
      const Layout dense(Shape{3, 5, 2}), other({4, 2, 3}, {1, 40, 7}, 0);
      p.see(
          "whether four threads, which give way to each other in every row, walk as each does "
          "alone",
          agree_in_threads(20, [&](int i) {
            std::vector<std::int64_t> places;
            for_each_row(Walk({i % 2 ? &dense : &other}), [&](const RowOffsets& at) {
              if (places.size() < 50) places.push_back(at[0]);
              std::this_thread::sleep_for(std::chrono::microseconds(10));
            });
            return places;
          }));
    }
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

/// A tensor that is row-major in the middle of a memory, which is watched.
Tensor in_the_middle(Program& p, const std::string& name, const Shape& shape, Draw draw) {
  const std::int64_t before = p.between(0, 5), behind = p.between(64, 100);
  draw.strided = false;
  const Tensor memory =
      p.tensor(name + " and what lies around it", {before + numel(shape) + behind}, draw);
  return Tensor(memory.storage(), Layout(shape, Layout(shape).strides, before), draw.dtype);
}

/// One program of seven has an axis that is so long that there is a rest behind whatever blocks
/// somebody works in.
bool of_blocks(const Program& p) { return p.number() % 7 == 6; }

/// Lengths around those of tiles and blocks, one of them long.
std::vector<std::int64_t> three_lengths(Program& p) {
  std::vector<std::int64_t> lengths;
  for (int i = 0; i < 3; ++i) lengths.push_back(p.length(9));
  if (p.size() > 0.4 && p.chance(0.4))
    lengths[static_cast<std::size_t>(p.between(0, 2))] =
        p.chance(0.5) ? p.between(10, 1100) : (1 << p.between(4, 10)) + p.between(-1, 1);
  else if (p.size() > 0.9)
    for (std::int64_t& length : lengths) length = p.length(70);
  if (of_blocks(p))  // each axis is long in its turn
    for (int i = 0; i < 3; ++i)
      lengths[static_cast<std::size_t>(i)] =
          i != p.number() / 7 % 3 ? p.between(1, 2) : 2 * p.between(500, 2600) + 1;
  return lengths;
}

}  // namespace

TEST_CASE("1.5  random reductions, beside the reference") {
  beside_reference(260, [](Program& p) {
    // The backend asks for a fold of [outer, n, inner]: all of its own and some of the learner's.
    const std::vector<std::int64_t> lengths = three_lengths(p);
    const Shape shape(lengths.begin(), lengths.end());
    // A sum of whole numbers tells of each of them.
    const bool sums = of_blocks(p) && p.chance(0.7);
    const DType dtype = sums ? int64 : p.pick({float32, float64, int64, bool_});
    const auto values = p.pick({Draw::whole, Draw::digits, Draw::special});
    const Tensor x = in_the_middle(p, "x", shape, {.dtype = dtype, .values = values});
    CpuBackend cpu_backend;
    for (const Reduction op :
         {Reduction::sum, Reduction::max, Reduction::min, Reduction::all, Reduction::any}) {
      if (op == Reduction::sum && dtype == bool_) continue;  // the library sums int64
      const bool truth = op == Reduction::all || op == Reduction::any;
      const Tensor out = in_the_middle(p, "out", {shape[0], shape[2]},
                                       {.dtype = truth ? bool_ : dtype, .values = values});
      const char* names[] = {"sum", "max", "min", "all", "any"};
      const std::string what = text("reduce(", names[int(op)], ", x, out), x of shape ", shape);
      p.call(what, [&] { cpu_backend.reduce(op, x, out); });
      // Elements that are taken in in their order give the same bits.
      p.any_memory().see("out after " + what, out, exact);
      if (out.is_floating_point() && out.numel() < 1000)
        p.see("1 / out, which tells −0 from 0, after " + what, 1 / out, exact);
      p.unwatch();
      p.watch("x", x);
    }
    if (p.number() % 60 != 59) return;
    Tensors pages;  // of another length in each thread
    for (int i = 0; i < 4; ++i) pages.push_back(arange(60.).view({2, 6 - i % 2 * 3, -1}));
    p.see("whether four threads fold as each does alone", agree_in_threads(4000, [&](int i) {
            const Tensor out({2, pages[i].size(2)}, pages[i].dtype());
            CpuBackend().reduce(i < 2 ? Reduction::max : Reduction::min, pages[i], out);
            return out.to_vector<double>();
          }));
  });
}

TEST_CASE("1.5  random long sums of columns, beside the reference") {
  beside_reference(40, [](Program& p) {
    Shape shape = {p.length(4), p.between(0, 33 + std::int64_t(p.size() * 6000)), p.length(5)};
    if (p.size() == 1) shape = {1, 16'000, 2};  // who begins anew with each element, takes long
    const DType dtype = p.pick({float32, float64});
    const Tensor x =
        p.tensor("x", shape, {.dtype = dtype, .values = Draw::digits, .strided = false});
    p.allow_any_work();
    p.any_memory().compare(
        text("sum(x, 1), x of shape ", shape), [&] { return sum(x, 1); }, exact);
    p.compare(
        "amax(x, 0)", [&] { return shape[0] > 0 ? amax(x, 0) : x; }, exact);
    p.compare(
        "amax(x, 1)", [&] { return shape[1] > 0 ? amax(x, 1) : x; }, exact);
  });
}

TEST_CASE("1.6  random products, beside the reference") {
  beside_reference(200, [](Program& p) {
    std::vector<std::int64_t> lengths = three_lengths(p);
    if (p.chance(0.2)) lengths[1] = lengths[2] = lengths[0] = p.length(9);
    const std::int64_t batch = p.length(3, 1), m = lengths[0], k = lengths[1], n = lengths[2];
    const DType dtype = p.pick({int64, int64, float32, float64});
    // Floating-point matrices are the learner's where BLAS cannot take them: with gaps, or
    // repeated.
    const auto operand = [&](const char* name, const Shape& shape) {
      const auto values = dtype == int64 ? p.pick({Draw::whole, Draw::digits, Draw::special})
                          : dtype == float64 && k < 5000
                              ? p.pick({Draw::whole, Draw::whole_special, Draw::digits})
                              : p.pick({Draw::whole, Draw::whole_special});
      const Draw draw{.dtype = dtype, .values = values, .repeated = p.chance(0.3)};
      if (!p.chance(0.4)) return p.tensor(name, shape, draw);
      const Tensor wide = p.tensor(name, {shape[0], shape[1], 2 * shape[2]}, draw);
      const Tensor x = wide.slice(2, 0, 2 * shape[2], 2);
      if (x.numel() == 0 || !p.chance(0.3)) return x;
      // From its last row up, and from its last column back.
      Layout turned = x.layout();
      for (const std::size_t axis : {1, 2}) {
        turned.offset += (turned.shape[axis] - 1) * turned.strides[axis];
        turned.strides[axis] = -turned.strides[axis];
      }
      return Tensor(x.storage(), turned, dtype);
    };
    p.within(k < 100 ? 1 : 100);
    const bool square = m == k && k == n;
    const Tensor a = operand("a", {batch, m, k});
    const Tensor b = square && p.chance(0.3) ? a.transpose(1, 2) : operand("b", {batch, k, n});
    // Its rows may be parts of longer ones.
    const bool apart = p.chance(0.3);
    // No −0: who adds up the products first, from 0 on, makes 0 of it.
    const Draw of_c{.dtype = dtype,
                    .values = p.chance(0.2) ? Draw::whole_special : Draw::whole,
                    .onto = [](const Tensor& memory) { return memory + 0; }};
    const Tensor c = apart ? in_the_middle(p, "c, in longer rows", {batch, m, n + 3}, of_c)
                                 .narrow(2, p.between(0, 3), n)
                           : in_the_middle(p, "c", {batch, m, n}, of_c);
    CpuBackend cpu_backend;
    p.call("c += a b", [&] { cpu_backend.matmul(a, b, c, true); });
    if (!apart) p.call("c = a b", [&] { cpu_backend.matmul(a, b, c, false); });
    p.call("c += a b, once more", [&] { cpu_backend.matmul(a, b, c, true); });
    if (batch == 1)
      p.any_memory().compare("matmul(a[0], b[0])", [&] { return matmul(a[0], b[0]); });
    if (p.number() % 50 != 49) return;
    const Tensor x = arange(24).view({1, 4, 6}), y = arange(18).view({1, 6, 3});
    const Tensor wide = zeros({1, 4, 12}, int64);  // of which each thread has three columns
    p.see("whether four threads multiply as each does alone", agree_in_threads(4000, [&](int i) {
            const Tensor part = wide.narrow(2, 3 * i, 3);
            backend(cpu).fill(part, i);
            cpu_backend.matmul(x, i % 2 ? y : y.narrow(2, 0, 1).expand({1, 6, 3}), part, true);
            return part.to_vector<double>();
          }));
  });
}

TEST_SUITE_END();
