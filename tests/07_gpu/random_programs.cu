/// Random programs over the exercises of chapter 7, which a judge compares with the reference: what
/// comes out, and what the kernels do to memory, in which the reference does no more than it has
/// to. Each array is an allocation of its own, as in exercises.cu.
#include <algorithm>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "cuda/kernels.h"
#include "kindling/backend.h"
#include "kindling/ops.h"
#include "on_device.h"
#include "testing/beside.h"
#include "testing/cuda/access_counts.h"

using namespace kindling;
using testing::AccessCounts;
using testing::beside_reference;
using testing::count_accesses;
using testing::Draw;
using testing::on_device;
using testing::Program;
using testing::rubbish;
using testing::text;
using testing::Tolerance;

TEST_SUITE_BEGIN("random programs");

namespace {

/// How a tensor of a program gets to the device: all of it times `factor`, and, with `special`, NaN
/// and infinities among it. Draw::special has the largest number there is as well, and sums with
/// that depend on their order.
std::function<Tensor(const Tensor&)> onto_device(Program& p, bool special = false,
                                                 double factor = 1) {
  return [&p, special, factor](const Tensor& memory) {
    const Tensor scaled = factor == 1 ? memory : (memory * factor).to(memory.dtype());
    constexpr double infinity = std::numeric_limits<double>::infinity();
    if (special && scaled.is_floating_point())
      for (std::int64_t i = 0; i < scaled.numel(); ++i)
        if (p.chance(0.05))
          scaled[i].fill_(
              p.pick({std::numeric_limits<double>::quiet_NaN(), infinity, -infinity, -0.0}));
    return on_device(scaled);
  };
}

/// Calls `run`, and compares what its last launch does to memory. Which lanes' accesses are one
/// request, the simulator has to guess where lanes go different ways: a few more may be right.
void call_counted(Program& p, const std::string& what, const std::function<void()>& run,
                  bool with_conflicts = true) {
  std::optional<AccessCounts> counts;
  p.call(what, [&] { counts = count_accesses(run); });
  if (!counts) return;
  p.see_at_most(what + ", launches", counts->launches);
  p.see_at_most(what + ", reads of global memory", counts->reads);
  p.see_at_most(what + ", writes to global memory", counts->writes);
  p.see_at_most(what + ", bytes read", counts->bytes_read);
  p.see_at_most(what + ", bytes written", counts->bytes_written);
  p.see_at_most(what + ", requests of warps to read", counts->read_requests, 1, 1);
  p.see_at_most(what + ", requests of warps to write", counts->write_requests, 1, 1);
  p.see_at_most(what + ", sectors of 32 bytes read", counts->read_sectors, 1.25, 2);
  p.see_at_most(what + ", sectors of 32 bytes written", counts->write_sectors, 1.25, 2);
  p.see_at_most(what + ", reads of shared memory", counts->shared_reads);
  p.see_at_most(what + ", writes to shared memory", counts->shared_writes);
  p.see_at_most(what + ", reads and writes of global memory by the busiest thread",
                counts->most_by_a_thread, 1, 4);
  p.see_at_most(what + ", shuffles of warps", counts->warp_meetings, 1, 1);
  if (with_conflicts) p.see_at_most(what + ", bank conflicts", counts->bank_conflicts);
}

/// A length near one of those where something changes, or any other.
std::int64_t length_near(Program& p, std::initializer_list<std::int64_t> borders,
                         std::int64_t largest, std::int64_t shortest) {
  if (p.chance(0.5)) return p.length(largest, shortest);
  const std::int64_t border = p.pick(borders);
  return std::max(shortest, border + p.between(-1, 1));
}

}  // namespace

// 7.1 ---------------------------------------------------------------------------------------------

TEST_CASE("7.1  random lengths, grids and functions, beside the reference") {
  beside_reference(150, [](Program& p) {
    std::int64_t n = length_near(p, {4, 32, 128, 256, 1024}, 2000, 0);
    const unsigned blocks = static_cast<unsigned>(p.between(1, 5));
    // In one program of eight, a block has more than 256 threads, all of which have something to
    // do.
    const bool large_blocks = p.number() % 8 == 7;
    if (large_blocks) n = p.between(1500, 4500);
    const unsigned threads =
        static_cast<unsigned>(large_blocks    ? p.between(257, std::min<std::int64_t>(n / 4, 1024))
                              : p.chance(0.4) ? 32 * p.between(1, 8)
                              : p.chance(0.6) ? p.between(1, 300)
                                              : p.pick<std::int64_t>({1, 512, 777, 1024}));
    const auto [name, f] =
        p.pick<std::pair<const char*, Unary>>({{"-x", functors::Neg{}},
                                               {"exp(x)", functors::Exp{}},
                                               {"relu(x)", functors::Relu{}},
                                               {"x + 0.5", functors::WithRight<functors::Add>{0.5}},
                                               {"1.5 - x", functors::WithLeft<functors::Sub>{1.5}},
                                               {"clamp(x, -1, 0.5)", functors::Clamp{-1, 0.5}}});
    const Draw draw{.dtype = float32,
                    .values = p.pick({Draw::digits, Draw::special}),
                    .strided = false,
                    .onto = onto_device(p)};
    const Tensor x = p.tensor("x", {n}, draw);
    const bool in_place = p.chance(0.2);
    const Tensor out = in_place ? x : p.tensor("out", {n}, draw);
    for (int time = 0; time < (p.chance(0.2) ? 2 : 1); ++time)
      call_counted(p,
                   text(name, in_place ? " in place" : "", " of ", n, " elements, by ", blocks,
                        " x ", threads, " threads"),
                   [&] {
                     cuda::map_dense(f, x.data_ptr<float>(), out.data_ptr<float>(), n,
                                     Grid{blocks, threads});
                   });
    p.see("1 / out, which tells 0 from -0", 1 / out.to(cpu));
  });
}

// 7.2 ---------------------------------------------------------------------------------------------

namespace {

template <class T>
void random_transpose(Program& p, DType dtype) {
  const bool many_planes = p.number() % 3 == 2;  // small ones, along several axes
  const bool whole_tiles = !many_planes && p.chance(0.2);
  const auto length = [&] {
    return many_planes   ? p.between(1, 9)
           : whole_tiles ? p.pick<std::int64_t>({32, 64})
                         : length_near(p, {8, 32, 64}, 70, 1);
  };
  const std::int64_t rows = length(), columns = length();
  const std::int64_t column_step = rows + p.pick({0, 0, 1, 5});
  const std::int64_t row_step = columns + p.pick({0, 0, 1, 5});
  // Up to three axes of planes, which follow each other in some order, on each side in another.
  cuda::Strided<2> planes{};
  planes.n = 1;
  planes.rank = many_planes             ? static_cast<int>(p.between(2, 3))
                : rows * columns < 1500 ? static_cast<int>(p.between(0, 3))
                                        : 0;
  std::string lengths = "{";
  for (int axis = 0; axis < planes.rank; ++axis) {
    planes.lengths[axis] = p.between(many_planes ? 2 : 1, 3);
    planes.n *= planes.lengths[axis];
    lengths += text(axis ? ", " : "", planes.lengths[axis]);
  }
  std::int64_t sizes[2];  // of the memory: not an element more than is used
  for (const int side : {0, 1}) {
    std::int64_t used =
        side == 0 ? (rows - 1) * row_step + columns : (columns - 1) * column_step + rows;
    std::int64_t step = used + p.pick({0, 0, 1, 7});
    const bool reversed = p.chance(0.5);
    for (int i = 0; i < planes.rank; ++i) {
      const int axis = reversed ? i : planes.rank - 1 - i;
      planes.strides[side][axis] = step;
      used += (planes.lengths[axis] - 1) * step;
      step *= planes.lengths[axis];
    }
    sizes[side] = used;
  }
  const Draw draw{.dtype = dtype,
                  .values = dtype == int64 ? Draw::special : Draw::digits,
                  .strided = false,
                  .onto = onto_device(p)};
  const Tensor from = p.tensor("from", {sizes[1]}, draw), to = p.tensor("to", {sizes[0]}, draw);
  call_counted(
      p,
      text("transpose ", rows, " rows and ", columns, " columns, column_step ", column_step,
           ", row_step ", row_step, ", planes ", lengths, "}, ", sizeof(T), " bytes an element"),
      [&] {
        cuda::transpose<T>(planes, reinterpret_cast<const T*>(from.storage().data()), column_step,
                           reinterpret_cast<T*>(to.storage().data()), row_step, rows, columns,
                           nullptr);
      },
      // Of other elements than words, conflicts depend on which side the tile is turned.
      whole_tiles || sizeof(T) == 4);
}

}  // namespace

TEST_CASE("7.2  random planes, beside the reference") {
  beside_reference(60, [](Program& p) {
    const DType dtype = p.pick({float32, int64, bool_});
    if (dtype == float32)
      random_transpose<std::uint32_t>(p, dtype);
    else if (dtype == int64)
      random_transpose<std::uint64_t>(p, dtype);
    else
      random_transpose<std::uint8_t>(p, dtype);
  });
}

// 7.3 ---------------------------------------------------------------------------------------------

TEST_CASE("7.3  random rows, beside the reference") {
  beside_reference(140, [](Program& p) {
    const std::int64_t n =
        p.size() > 0.97 ? p.between(8000, 20000)
                        : length_near(p, {32, 64, 512, 1024, 2048}, p.chance(0.3) ? 60 : 2500, 0);
    const std::int64_t rows = p.between(1, std::clamp<std::int64_t>(6000 / (n + 1), 1, 19));
    const DType dtype = p.pick({float32, float64, float64, int64, int64, bool_});
    const bool special = p.chance(0.5);
    const Tensor x = p.tensor("x", {rows, n, 1},
                              {.dtype = dtype,
                               .values = special && dtype == int64 ? Draw::special
                                         : p.chance(0.5)           ? Draw::digits
                                                                   : Draw::whole,
                               .strided = false,
                               .onto = onto_device(p, special)});
    const char* names[] = {"sum", "max", "min", "all", "any"};
    const auto op = static_cast<Reduction>(p.between(dtype == bool_ ? 1 : 0, 4));
    const bool truth = op == Reduction::all || op == Reduction::any;
    const Tensor out = rubbish({rows, 1}, truth ? bool_ : dtype);
    const std::string what = text(names[static_cast<int>(op)], " of ", rows, " rows of ", n);
    call_counted(p, what, [&] { cuda::reduce_rows(op, x, out); });
    // Sums of floating-point numbers may be made in another order.
    p.any_memory().see(what, out,
                       dtype == float32   ? Tolerance{1e-5, 1e-4}
                       : dtype == float64 ? Tolerance{1e-12, 1e-11}
                                          : testing::exact);
  });
}

// 7.4 ---------------------------------------------------------------------------------------------

TEST_CASE("7.4  random rows, beside the reference") {
  beside_reference(80, [](Program& p) {
    const std::int64_t n =
        std::min<std::int64_t>(1024, length_near(p, {32, 64, 128, 512, 1023}, 200, 1));
    const std::int64_t rows = p.between(1, std::clamp<std::int64_t>(3000 / n, 1, 11));
    const DType dtype = p.pick({float32, float64});
    const bool log = p.chance(0.5);
    const double factor = p.pick({1., 30., 1000.});
    const auto numbers = onto_device(p, p.chance(0.3), factor);
    const bool equal_rows = p.chance(0.15);  // of one number, perhaps no finite one
    const Tensor x = p.tensor(
        "x", {rows, n},
        {.dtype = dtype,
         .values = Draw::digits,
         .strided = false,
         .onto = [&](const Tensor& memory) {
           if (equal_rows)
             for (std::int64_t row = 0; row < rows; ++row)
               memory.narrow(0, row * n, n)
                   .fill_(p.pick({-std::numeric_limits<double>::infinity(),
                                  std::numeric_limits<double>::infinity(), -1e30, 0., 88.}));
           return numbers(memory);
         }});
    const Tensor out = rubbish({rows, n}, dtype);
    const std::string what = text(log ? "log softmax" : "softmax", " of ", rows, " rows of ", n);
    call_counted(p, what, [&] { cuda::softmax_rows(x, out, log); });
    p.any_memory().see(what, out,
                       dtype == float32 ? Tolerance{1e-5, 1e-6} : Tolerance{1e-12, 1e-13});
  });
}

// 7.5 ---------------------------------------------------------------------------------------------

TEST_CASE("7.5  random products, beside the reference") {
  beside_reference(60, [](Program& p) {
    // In one program of four, one matrix meets a batch of others; in another, rows or columns lie
    // further apart than they are long.
    const bool one_for_all = p.number() % 4 == 1, gaps = p.number() % 4 == 3;
    const std::int64_t largest = one_for_all ? 16 : 50;
    std::int64_t batch = one_for_all ? p.between(2, 3) : p.length(3, 1),
                 m = length_near(p, {16, 32}, largest, 1),
                 k = length_near(p, {16, 32}, one_for_all ? 16 : 70, one_for_all ? 1 : 0),
                 n = length_near(p, {16, 32}, largest, 1);
    if (one_for_all)
      for (std::int64_t* length : {&m, &k, &n}) *length = std::min<std::int64_t>(*length, 16);
    // The simulator looks at every access: at most so many tiles.
    const auto tiles = [&] {
      return batch * cuda::blocks_for(m, 16) * cuda::blocks_for(k, 16) * cuda::blocks_for(n, 16);
    };
    const std::int64_t most_tiles = one_for_all ? 3 : p.size() < 0.7 ? 2 : p.size() < 0.95 ? 4 : 8;
    for (std::int64_t* length : {&batch, &n, &m, &k})
      while (tiles() > most_tiles && *length > 1) *length = (*length + 1) / 2;
    // Sums of whole numbers do not depend on their order, nor on how often they are rounded.
    const DType dtype = p.pick({float32, float64, int64});
    const bool accumulate = p.chance(0.4), special = p.chance(0.3);
    Draw draw{.dtype = dtype,
              .values = dtype == int64     ? Draw::special
                        : dtype == float64 ? Draw::digits
                                           : Draw::whole,
              .repeated = p.chance(0.2),
              .onto = onto_device(p, special)};
    // One matrix for the whole batch, sometimes.
    const bool one_a = p.chance(0.5), one_b = one_for_all ? !one_a : p.chance(0.5);
    const auto matrices = [&](const char* name, bool one, std::int64_t rows, std::int64_t columns) {
      const std::int64_t count = one ? 1 : batch;
      if (!gaps) return p.tensor(name, {count, rows, columns}, draw).expand({batch, rows, columns});
      draw.strided = draw.repeated = false;
      const bool is_turned = p.chance(0.3);
      const std::int64_t first = p.between(0, 3), behind = p.between(1, 3);
      const Tensor wide = p.tensor(
          text("what ", name, " is a part of"),
          {count, is_turned ? columns : rows, first + (is_turned ? rows : columns) + behind}, draw);
      const Tensor part = wide.narrow(2, first, is_turned ? rows : columns);
      return (is_turned ? part.transpose(1, 2) : part).expand({batch, rows, columns});
    };
    const Tensor a = matrices("a", one_a, m, k);
    const bool same = !one_for_all && m == k && k == n && p.chance(0.5);
    const Tensor b = same ? a : matrices("b", one_b, k, n);
    draw.strided = draw.repeated = false;
    // 0 added to -0 is 0: where nothing else is added, whether c changes depends on the order.
    if (k == 0) draw.onto = onto_device(p);
    const Tensor out = p.tensor("c", {batch, m, n}, draw);
    for (int time = 0; time < (p.chance(0.2) ? 2 : 1); ++time)
      call_counted(p,
                   text(accumulate ? "c += a b" : "c = a b", ", of ", batch, " times [", m, ", ", k,
                        "] by [", k, ", ", n, "]"),
                   [&] { cuda::matmul_by_tiles(a, b, out, accumulate); });
  });
}

// 7.6 ---------------------------------------------------------------------------------------------

TEST_CASE("7.6  random steps, beside the reference") {
  beside_reference(80, [](Program& p) {
    // Of float32, whole numbers and factors that halve them: all sums are exact.
    const DType dtype = p.pick({float32, float64});
    const bool exact = dtype == float32, special = p.chance(0.2);
    const std::int64_t count =
        p.chance(0.2) ? p.pick<std::int64_t>({64, 65, 129, 200, 200}) : p.between(1, 6);
    SgdStep step{};
    step.lr = exact ? p.pick({0., 0.5, 0.25, -0.5}) : p.pick({0., 0.1, 1e-3, -0.3});
    step.momentum = p.chance(0.3) ? 0 : exact ? p.pick({0.5, 0.75, 1.}) : p.pick({0.9, 0.3});
    step.dampening = p.chance(0.5) ? 0 : exact ? p.pick({0.5, 1.}) : p.pick({0.1, 1.});
    step.weight_decay = p.chance(0.5) ? 0 : exact ? p.pick({0.25, -0.5}) : p.pick({0.01, 0.3});
    step.nesterov = p.chance(0.4);
    p.given("lr, momentum, dampening, weight decay, nesterov",
            text(step.lr, ", ", step.momentum, ", ", step.dampening, ", ", step.weight_decay, ", ",
                 step.nesterov));
    const bool some_buffers = p.chance(0.2);
    std::vector<SgdParameter> parameters;
    for (std::int64_t i = 0; i < count; ++i) {
      const Draw draw{.dtype = dtype,
                      .values = exact ? Draw::whole : Draw::digits,
                      .strided = false,
                      .onto = onto_device(p, special)};
      const Shape shape = count > 60      ? Shape{p.between(0, 3)}
                          : p.chance(0.3) ? Shape{p.between(0, 700)}
                                          : p.shape(0, 3);
      SgdParameter of{p.tensor(text("parameter ", i), shape, draw),
                      p.tensor(text("gradient ", i), shape, draw), Tensor(), p.chance(0.5)};
      const bool has_buffer = some_buffers ? p.chance(0.5) : step.momentum != 0;
      if (has_buffer) {
        Draw before = draw;
        // What is there before the first step is rubbish.
        if (of.is_first) before.onto = onto_device(p, true);
        of.momentum_buffer =
            p.tensor(text("buffer ", i, of.is_first ? ", before it is used" : ""), shape, before);
      }
      parameters.push_back(of);
    }
    for (int time = 0; time < (p.chance(0.4) ? 3 : 1); ++time) {
      call_counted(p, text("step ", time + 1, " of ", count, " parameters"),
                   [&] { cuda::sgd_step(step, parameters, nullptr); });
      for (SgdParameter& of : parameters) of.is_first = false;
    }
  });
}

TEST_SUITE_END();
