#pragma once
#include <cmath>
#include <limits>
#include <sstream>
#include <string>

#include "kindling/distributed.h"
#include "kindling/ops.h"

/// What every group has to do, whatever carries it; called on each of its ranks.
namespace kindling::testing {

/// A rank's complaint is one line.
inline std::string in_one_line(const Tensor& x) {
  std::ostringstream text;
  text << x;
  std::string line;
  for (const char c : text.str())
    if (c != '\n' && (c != ' ' || !line.ends_with(' '))) line += c;
  return line;
}

inline void check_equal(const std::string& what, const Tensor& got, const Tensor& expected) {
  check(got.dtype() == expected.dtype() && got.shape() == expected.shape() && equal(got, expected),
        what, ": expected ", in_one_line(expected), ", got ", in_one_line(got));
}

/// Small numbers that differ from rank to rank, and that every dtype can hold.
inline Tensor numbers_of(int rank, const Shape& shape, DType dtype, Device device) {
  const Tensor numbers = arange(numel(shape)).to(device).reshape(shape) + (rank + 1);
  return dtype == bool_ ? numbers > 3 : numbers.to(dtype);
}

inline void check_collectives(distributed::ProcessGroup& group, DType dtype, Device device = cpu) {
  using distributed::ReduceOp;
  const int ranks = group.world_size(), rank = group.rank();
  const Shape shape = {2, 3};
  const Tensor own = numbers_of(rank, shape, dtype, device);
  Tensors of_rank, scaled;  // what each rank has
  for (int r = 0; r < ranks; ++r) of_rank.push_back(numbers_of(r, shape, dtype, device));
  const Tensor all = stack(of_rank);  // [ranks, 2, 3]
  const auto name = [&](const char* what) {
    std::ostringstream text;
    text << what << " of " << dtype << " on " << device << ", rank " << rank << " of " << ranks;
    return text.str();
  };

  const Tensor total = dtype == bool_ ? any(all, 0) : sum(all, 0).to(dtype);
  const Tensor largest = dtype == bool_ ? any(all, 0) : amax(all, 0);
  for (const bool async : {false, true}) {
    Tensor x = own.clone();
    group.all_reduce(x, ReduceOp::sum, async).wait();
    check_equal(name("all_reduce"), x, total);
    x = own.clone();
    group.all_reduce(x, ReduceOp::max, async).wait();
    check_equal(name("all_reduce(max)"), x, largest);
    x = own.clone();
    group.broadcast(x, ranks - 1, async).wait();
    check_equal(name("broadcast"), x, of_rank[ranks - 1]);
    x = own.clone();
    group.reduce(x, 0, ReduceOp::sum, async).wait();
    check_equal(name("reduce"), x, rank == 0 ? total : own);
    Tensor gathered = zeros_like(all);
    group.all_gather(gathered, own, async).wait();
    check_equal(name("all_gather"), gathered, all);
    gathered = zeros_like(all);
    group.gather(own, rank == 0 ? gathered : Tensor(), 0, async).wait();
    if (rank == 0) check_equal(name("gather"), gathered, all);
    x = zeros_like(own);
    group.scatter(x, rank == 0 ? all : Tensor(), 0, async).wait();
    check_equal(name("scatter"), x, of_rank[rank]);
    x = zeros_like(own);
    group.reduce_scatter(x, all, ReduceOp::max, async).wait();
    check_equal(name("reduce_scatter"), x, of_rank[rank]);
    group.barrier(async).wait();
  }
  if (is_floating_point(dtype)) {
    const Tensor x = own.clone();
    group.all_reduce(x, ReduceOp::avg);
    const Tensor average = total / ranks;
    if (device == cpu)
      check_equal(name("all_reduce(avg)"), x, average);
    else  // see ProcessGroup::use_device()
      check(allclose(x, average, dtype == float32 ? 1e-6 : 1e-15, 0), name("all_reduce(avg)"),
            ": expected ", average, ", got ", x);
  }

  // A view with strides is read and written like any tensor.
  const Tensor base = zeros({3, 2}, dtype, device);
  const Tensor view = base.T();
  view.detach().copy_(own);
  group.all_reduce(view);
  check_equal(name("all_reduce of a transposed view"), base, total.T().contiguous());

  // Several under way at once, and none of them waited for in order.
  const Tensor a = own.clone(), b = own.clone();
  const distributed::Work first = group.all_reduce(a, ReduceOp::sum, distributed::async_op);
  const distributed::Work second = group.broadcast(b, 0, distributed::async_op);
  second.wait();
  first.wait();
  check(first.is_completed() && second.is_completed(), "work: is_completed() after wait()");
  check_equal(name("the first of two"), a, total);
  check_equal(name("the second of two"), b, of_rank[0]);

  // Everybody sends to the right before it receives from the left, with two tags, the later first.
  if (ranks > 1) {
    const int next = (rank + 1) % ranks, previous = (rank + ranks - 1) % ranks;
    const Tensor one = zeros_like(own), two = zeros_like(total);
    const distributed::Work sent[] = {group.isend(own, next, 1), group.isend(total, next, 2)};
    group.recv(two, previous, 2);
    group.recv(one, previous, 1);
    for (const distributed::Work& work : sent) work.wait();
    check_equal(name("recv"), one, of_rank[previous]);
    check_equal(name("recv of tag 2"), two, total);
  }
}

/// A largest and a smallest element are NaN where any rank's is, on every rank, and do not depend
/// on the order in which the ranks come together: of equals, 0 is larger than −0.
inline void check_extremes(distributed::ProcessGroup& group, DType dtype, Device device = cpu) {
  using distributed::ReduceOp;
  constexpr double nan = std::numeric_limits<double>::quiet_NaN();
  constexpr double infinity = std::numeric_limits<double>::infinity();
  const int ranks = group.world_size(), rank = group.rank();
  // Element i of rank r: NaN where i is r, infinite where i is ranks, and ±0 behind that.
  Tensors of_rank;
  for (int r = 0; r < ranks; ++r) {
    const Tensor x = full({ranks + 2}, r + 1., dtype);
    x[r].fill_(nan);
    x[ranks].fill_(r == 0 ? infinity : -infinity);
    x[ranks + 1].fill_(r == ranks - 1 ? 0.0 : -0.0);
    of_rank.push_back(x);
  }
  for (const ReduceOp op : {ReduceOp::max, ReduceOp::min}) {
    const bool largest = op == ReduceOp::max;
    Tensor expected = full({ranks + 2}, nan, dtype);
    expected[ranks].fill_(largest || ranks == 1 ? infinity : -infinity);
    expected[ranks + 1].fill_(largest || ranks == 1 ? 0.0 : -0.0);
    const auto check_same = [&](const char* what, const Tensor& got, const Tensor& wanted) {
      const Tensor x = got.to(cpu), y = wanted;
      bool same = true;
      for (std::int64_t i = 0; i < y.numel(); ++i) {
        const double a = x.view({-1})[i].item<double>(), b = y.view({-1})[i].item<double>();
        same &= std::isnan(b) ? std::isnan(a) : a == b && std::signbit(a) == std::signbit(b);
      }
      check(same, what, '(', op, ") of ", dtype, " on ", device, ", rank ", rank, " of ", ranks,
            ": expected ", y, ", got ", x);
    };
    Tensor x = of_rank[rank].to(device).clone();
    group.all_reduce(x, op);
    check_same("all_reduce", x, expected);
    for (int dst = 0; dst < ranks; ++dst) {
      x = of_rank[rank].to(device).clone();
      group.reduce(x, dst, op);
      check_same("reduce", x, rank == dst ? expected : of_rank[rank]);
    }
    const Tensor rows = stack(Tensors(ranks, of_rank[rank])).to(device);
    x = zeros({ranks + 2}, dtype, device);
    group.reduce_scatter(x, rows, op);
    check_same("reduce_scatter", x, expected);
  }
}

inline void check_ring(distributed::ProcessGroup& group) {
  for (const std::int64_t n : {1, 5, 64, 1000}) {  // fewer elements than ranks, too
    const Tensor ring = arange(n).to(float64) * (group.rank() + 1), whole = ring.clone();
    distributed::ring_all_reduce(group, ring);
    group.all_reduce(whole);
    check_equal("ring_all_reduce", ring, whole);
  }
}

}  // namespace kindling::testing
