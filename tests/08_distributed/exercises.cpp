#include <algorithm>
#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "by_processes.h"
#include "collectives.h"
#include "kindling/ddp.h"
#include "kindling/distributed.h"
#include "kindling/nn.h"
#include "kindling/ops.h"
#include "spy.h"
#include "testing/expect.h"
#include "train_in_parts.h"

/// What judges the exercises of chapter 8. The ranks are threads first, and then processes.

using namespace kindling;
using namespace kindling::distributed;
using namespace kindling::testing;
using namespace std::chrono_literals;
using Kind = Operation::Kind;

namespace {

/// What `program` gives on each rank.
Tensors on_ranks(int ranks, const std::function<Tensor(Spy&)>& program) {
  Tensors results(ranks);
  spawn(ranks,
        [&](ProcessGroup& group) {
          Spy spy(group);
          results[group.rank()] = program(spy);
        },
        {.timeout = 700ms});
  return results;
}

void expect_on_ranks(const std::string& what, const Tensors& got, const Tensor& expected) {
  for (std::size_t rank = 0; rank < got.size(); ++rank)
    expect(what + " on rank " + std::to_string(rank), got[rank], expected);
}

// What each rank does that is a process -----------------------------------------------------------

void sum_in_a_ring(ProcessGroup& group) {
  const std::int64_t ranks = group.world_size();
  for (const std::int64_t n : {2, 10, 1000}) {
    const Tensor ones_to_n = arange(1, n + 1).to(float32), x = ones_to_n * (group.rank() + 1);
    ring_all_reduce(group, x);
    check_equal("the sum", x, ones_to_n * (ranks * (ranks + 1) / 2));
  }
}

/// Each example is dealt out once.
void deal_out(ProcessGroup& group) {
  data::DistributedSampler sampler(12, group, {.seed = 5});
  for (const std::int64_t epoch : {0, 1}) {
    sampler.set_epoch(epoch);
    const Tensor own = tensor(sampler.order()),
                 all = empty({group.world_size(), own.numel()}, int64);
    group.all_gather(all, own);
    std::vector<std::int64_t> dealt = all.to_vector<std::int64_t>();
    std::ranges::sort(dealt);
    check_equal("what all ranks together got of 12 examples, sorted", tensor(dealt), arange(12));
  }
}

void average(ProcessGroup& group) {
  const Tensor w = ones({3}).requires_grad_(), v = ones({2}).requires_grad_();
  average_gradients(group, {w, v});
  for (int step = 1; step <= 2; ++step) {
    sum((sum(w) + sum(v)) * (group.rank() + 1)).backward();
    // After the first step, grad is the average a; to it comes the own gradient, and then the
    // average of a + r + 1 over all ranks r.
    check_equal("grad", w.grad(), full({3}, step * (group.world_size() + 1) / 2.));
    check_equal("grad", v.grad(), full({2}, step * (group.world_size() + 1) / 2.));
  }
}

void train(ProcessGroup& group) {
  const StateDict together = train_in_parts(group, float64, 5);
  StateDict alone;
  spawn(1, [&](ProcessGroup& one) { alone = train_in_parts(one, float64, 5); });
  const double difference = relative_difference(together, alone);
  check(difference < 1e-14, "after 5 steps of DistributedDataParallel the weights differ from one ",
        "rank's by a part of ", difference);
}

const Processes processes(
    {{"8.1", sum_in_a_ring}, {"8.2", deal_out}, {"8.3", average}, {"8.4", train}, {"8.5", train}});

// 8.1 --------------------------------------------------------------------------------------------

/// Rank r has (r + 1) · [1, 2, …, n].
void expect_ring(int ranks, std::int64_t n) {
  GIVEN(ranks);
  const Tensor ones_to_n = arange(1, n + 1).to(float32);
  const Tensors got = on_ranks(ranks, [&](Spy& group) {
    const Tensor x = ones_to_n * (group.rank() + 1);
    ring_all_reduce(group, x);
    group.check_all_waited_for();
    return x;
  });
  expect_on_ranks("the sum", got, ones_to_n * (ranks * (ranks + 1) / 2));
}

}  // namespace

TEST_CASE("8.1  two ranks have the sum of both") { expect_ring(2, 4); }
TEST_CASE("8.1  three and four ranks, and pieces of different lengths") {
  expect_ring(3, 10);
  expect_ring(4, 10);
}
TEST_CASE("8.1  fewer elements than ranks") { expect_ring(4, 2); }
TEST_CASE("8.1  one rank has its own") { expect_ring(1, 3); }

TEST_CASE("8.1  each rank sends 2 (N - 1) pieces to the next rank, and nothing else") {
  const Tensors got = on_ranks(4, [](Spy& group) {
    ring_all_reduce(group, ones({3, 8}));
    std::int64_t sent = 0, to_others = 0, received = 0, other_calls = 0;
    for (const Operation& asked : group.asked) {
      if (asked.kind == Kind::send) {
        sent += asked.input.numel();
        to_others += asked.peer != (group.rank() + 1) % 4;
      } else if (asked.kind == Kind::recv) {
        received += asked.output.numel();
      } else {
        ++other_calls;
      }
    }
    return tensor({sent, received, to_others, other_calls});
  });
  for (int rank = 0; rank < 4; ++rank) {
    const auto counts = got[rank].to_vector<std::int64_t>();
    const std::string who = " by rank " + std::to_string(rank) + " of 4, of a tensor of 24";
    expect("elements sent" + who, counts[0], 36);
    expect("elements received" + who, counts[1], 36);
    expect("messages to another rank than the next" + who, counts[2], 0);
    expect("calls of other operations than send and recv" + who, counts[3], 0);
  }
}

TEST_CASE("8.1  a tensor that is not row-major is an error, before anything is sent") {
  const Tensors got = on_ranks(2, [](Spy& group) {
    const Tensor x = ones({2, 3}).T();
    expect_error(
        "ring_all_reduce of a transposed tensor", [&] { ring_all_reduce(group, x); },
        "ring_all_reduce: expected a row-major tensor, got strides [1, 3]");
    return tensor({std::ssize(group.asked)});
  });
  expect_on_ranks("operations that were begun", got, tensor({0}));
}

TEST_CASE("8.1  a tensor of one axis may not be row-major either") {
  const Tensors got = on_ranks(2, [](Spy& group) {
    const Tensor x = ones({4, 2}).T()[0];
    expect_error(
        "ring_all_reduce of a column", [&] { ring_all_reduce(group, x); },
        "ring_all_reduce: expected a row-major tensor, got strides [2]");
    return tensor({std::ssize(group.asked)});
  });
  expect_on_ranks("operations that were begun", got, tensor({0}));
}

TEST_CASE("8.1  where an axis has length 1, its stride does not matter") {
  const Tensors got = on_ranks(2, [](Spy& group) {
    const Tensor x = full({3, 1}, group.rank() + 1.).T();  // [1, 3] of strides [1, 1]
    ring_all_reduce(group, x);
    return x;
  });
  expect_on_ranks("the sum of 1 and 2", got, full({1, 3}, 3.));
}

TEST_CASE("8.1  by 2 and by 4 processes") { expect_right_by_processes("8.1"); }

// 8.2 --------------------------------------------------------------------------------------------

namespace {

void expect_order(const data::Indices& expected, std::int64_t examples, int ranks, int rank,
                  const data::DistributedSamplerOptions& options, std::int64_t epoch = 0) {
  data::DistributedSampler sampler(examples, ranks, rank, options);
  sampler.set_epoch(epoch);
  std::ostringstream what;
  what << "order() of rank " << rank << " of " << ranks << " over " << examples << " examples"
       << (options.shuffle ? "" : ", shuffle = false") << (options.drop_last ? ", drop_last" : "");
  if (options.shuffle) what << ", seed " << options.seed << ", epoch " << epoch;
  expect(what.str(), sampler.order(), expected);
}

}  // namespace

TEST_CASE("8.2  without shuffling, each rank takes every N-th example") {
  expect_order({0, 2, 4}, 6, 2, 0, {.shuffle = false});
  expect_order({1, 3, 5}, 6, 2, 1, {.shuffle = false});
  expect_order({2, 5, 8}, 9, 3, 2, {.shuffle = false});
}

TEST_CASE("8.2  what is missing comes from the beginning") {
  expect_order({1, 3, 0}, 5, 2, 1, {.shuffle = false});
  expect_order({3, 0}, 7, 4, 3, {.shuffle = false});
}

TEST_CASE("8.2  more ranks than examples: the beginning comes again and again") {
  expect_order({0}, 2, 5, 4, {.shuffle = false});
  expect_order({1}, 3, 8, 7, {.shuffle = false});
}

TEST_CASE("8.2  with drop_last, what is too much is left out") {
  expect_order({1, 3}, 5, 2, 1, {.shuffle = false, .drop_last = true});
  expect_order({0}, 7, 4, 0, {.shuffle = false, .drop_last = true});
}

TEST_CASE("8.2  shuffled by a generator seeded with seed + epoch, PyTorch's numbers") {
  // randperm(10) of seed 123 is 2 0 8 1 3 7 4 9 5 6.
  expect_order({2, 8, 3, 4, 5}, 10, 2, 0, {.seed = 123});
  expect_order({0, 1, 7, 9, 6}, 10, 2, 1, {.seed = 100}, 23);
  expect_order({8, 7, 5, 0}, 10, 3, 2, {.seed = 123});
}

TEST_CASE("8.2  nothing is drawn from the default generator") {
  const std::string before = default_generator().state();
  data::DistributedSampler(10, 2, 0).order();
  expect_that(default_generator().state() == before,
              "order() has drawn from default_generator(), which other ranks may not do as often");
}

TEST_CASE("8.2  by 2 and by 4 processes") { expect_right_by_processes("8.2"); }

// 8.3 --------------------------------------------------------------------------------------------

namespace {

/// Rank r's loss is (r + 1) Σ w, so its gradient is r + 1.
void backward_on(const Tensor& w, const ProcessGroup& group) {
  sum(w * (group.rank() + 1)).backward();
}

Tensor leaf_of_ones(const Shape& shape) { return ones(shape).requires_grad_(); }

}  // namespace

TEST_CASE("8.3  after backward, both ranks have the average of both") {
  const Tensors got = on_ranks(2, [](Spy& group) {
    const Tensor w = leaf_of_ones({3});
    average_gradients(group, {w});
    backward_on(w, group);
    group.check_all_waited_for();
    return w.grad();
  });
  expect_on_ranks("grad, of gradients 1 and 2,", got, full({3}, 1.5));
}

TEST_CASE("8.3  every parameter by its own all_reduce, while backward is running") {
  const Tensors got = on_ranks(2, [](Spy& group) {
    const Tensor a = leaf_of_ones({3}), b = leaf_of_ones({2});
    average_gradients(group, {a, b});
    const auto before = std::ssize(group.asked);
    backward_on(a, group);
    return tensor({before, std::ssize(group.asked)});
  });
  expect_on_ranks("operations before backward(), and after it, of one parameter of two,", got,
                  tensor({0, 1}));
}

TEST_CASE("8.3  it is .grad that is averaged, with what was there before") {
  const Tensors got = on_ranks(2, [](Spy& group) {
    Tensor w = leaf_of_ones({2});
    const Tensor grad = full({2}, 10. * group.rank());
    w.set_grad(grad);
    average_gradients(group, {w});
    backward_on(w, group);
    check(w.grad().storage() == grad.storage(),
          "the averages should be written into .grad, in place; it is another tensor now");
    return w.grad();
  });
  expect_on_ranks("grad, of 0 + 1 and 10 + 2,", got, full({2}, 6.5));
}

TEST_CASE("8.3  frozen parameters are left out") {
  const Tensors got = on_ranks(2, [](Spy& group) {
    const Tensor frozen = ones({2}), w = leaf_of_ones({2});
    const auto hooks = average_gradients(group, {frozen, w});
    backward_on(w + frozen, group);
    return tensor({std::ssize(hooks)});
  });
  expect_on_ranks("how many hooks are returned for a frozen parameter and one that is not,", got,
                  tensor({1}));
}

TEST_CASE("8.3  the hooks can be taken off again") {
  const Tensors got = on_ranks(2, [](Spy& group) {
    const Tensor w = leaf_of_ones({2});
    for (const RemoveHook& remove : average_gradients(group, {w})) remove();
    backward_on(w, group);
    return tensor({std::ssize(group.asked)});
  });
  expect_on_ranks("operations after the hook was taken off", got, tensor({0}));
}

TEST_CASE("8.3  by 2 and by 4 processes") { expect_right_by_processes("8.3"); }

// 8.4 --------------------------------------------------------------------------------------------

namespace {

void expect_buckets(const Tensors& parameters, std::int64_t bytes,
                    const std::vector<data::Indices>& expected) {
  std::string sizes;
  for (const Tensor& p : parameters)
    sizes += (sizes.empty() ? "" : ", ") + std::to_string(p.numel() * size_of(p.dtype())) +
             (p.device() == cpu ? "" : " (cuda)");
  const auto text = [](const std::vector<data::Indices>& buckets) {
    std::string list;
    for (const data::Indices& bucket : buckets) {
      list += list.empty() ? "{" : ", {";
      for (std::size_t i = 0; i < bucket.size(); ++i)
        list += (i ? ", " : "") + std::to_string(bucket[i]);
      list += "}";
    }
    return list;
  };
  expect("parameters of " + sizes + " bytes, buckets of " + std::to_string(bytes),
         text(make_buckets(parameters, bytes)), text(expected));
}

}  // namespace

TEST_CASE("8.4  from the last parameter to the first") {
  expect_buckets({zeros({2}), zeros({3}), zeros({4})}, 1000, {{2, 1, 0}});
}

TEST_CASE("8.4  a bucket is full when it has so many bytes") {
  const Tensor p = zeros({2});  // 8 bytes
  expect_buckets({p, p, p, p, p}, 16, {{4, 3}, {2, 1}, {0}});
  expect_buckets({p, p, p, p}, 8, {{3}, {2}, {1}, {0}});
}

TEST_CASE("8.4  the parameter that fills it still belongs to it") {
  const Tensor p = zeros({2});
  expect_buckets({p, p, p, p}, 17, {{3, 2, 1}, {0}});
  expect_buckets({p, zeros({100}), p}, 20, {{2, 1}, {0}});
}

TEST_CASE("8.4  dtypes do not mix, and each has its own bucket that is being filled") {
  const Tensor p = zeros({2}), q = zeros({2}, float64);
  expect_buckets({p, q, p, q}, 1000, {{3, 1}, {2, 0}});
  expect_buckets({q, p, q, p}, 16, {{3, 1}, {2}, {0}});
}

TEST_CASE("8.4  devices do not mix either") {
  if (!cuda::is_available()) {
    MESSAGE("skipped: there is no GPU here, not even a simulated one");
    return;
  }
  const Tensor p = zeros({2}), q = zeros({2}).to(cuda_device);
  expect_buckets({p, q, p, q}, 1000, {{3, 1}, {2, 0}});
}

TEST_CASE("8.4  a bucket of no bytes is refused") {
  expect_error(
      "make_buckets of 0 bytes", [] { make_buckets({zeros({2})}, 0); },
      "make_buckets: expected a positive number of bytes, got 0");
}

TEST_CASE("8.4  a network trained by 2 and by 4 processes has the weights of one") {
  expect_right_by_processes("8.4");
}

// 8.5 --------------------------------------------------------------------------------------------

namespace {

/// Three parameters whose gradients are on rank r (r + 1) · [1], (r + 1) · [2, 2] and (r + 1) ·
/// [3].
struct ThreeParameters {
  explicit ThreeParameters(const ProcessGroup& group) {
    for (std::int64_t i = 0; i < 3; ++i) {
      parameters.push_back(zeros({i == 1 ? 2 : 1}).requires_grad_());
      set_gradient(i, group.rank() + 1);
    }
  }
  void set_gradient(std::int64_t i, double factor) {
    parameters[i].set_grad(full(parameters[i].shape(), static_cast<double>(i + 1) * factor));
  }
  Tensor gradients() const {
    return cat({parameters[0].grad(), parameters[1].grad(), parameters[2].grad()});
  }
  Tensors parameters;
};
const std::vector<data::Indices> two_buckets = {{2}, {1, 0}};

}  // namespace

TEST_CASE("8.5  every parameter gets the average of all ranks") {
  const Tensors got = on_ranks(2, [](Spy& group) {
    const ThreeParameters three(group);
    Reducer reducer(group, three.parameters, two_buckets);
    for (const int i : {2, 1, 0}) reducer.mark_ready(i);
    reducer.finish();
    return three.gradients();
  });
  expect_on_ranks("the gradients, of {1, 2, 2, 3} and twice as much,", got,
                  tensor({1.5, 3., 3., 4.5}));
}

TEST_CASE("8.5  a bucket sets out as soon as it is full") {
  about("Reducer::mark_ready");
  const Tensors got = on_ranks(2, [](Spy& group) {
    const ThreeParameters three(group);
    Reducer reducer(group, three.parameters, two_buckets);
    std::vector<std::int64_t> sent;
    for (const int i : {2, 1, 0}) {
      reducer.mark_ready(i);
      sent.push_back(std::ssize(group.asked));
      check(std::ssize(reducer.missing()) == i, "parameters that missing() names after ",
            "mark_ready(2) to mark_ready(", i, "): expected ", i, ", got ",
            reducer.missing().size(), ". Is the parameter's place `ready`?");
    }
    reducer.finish();
    return tensor(sent);
  });
  expect_on_ranks("buckets {2} and {1, 0}: how many have set out after 2, after 1 and after 0", got,
                  tensor({1, 1, 2}));
}

TEST_CASE("8.5  mark_ready does not wait for the other ranks") {
  about("Reducer::mark_ready");
  std::atomic<bool> returned = false;
  const Tensors got = on_ranks(2, [&](Spy& group) {
    const ThreeParameters three(group);
    Reducer reducer(group, three.parameters, two_buckets);
    if (group.rank() == 1)  // comes when rank 0 has gone on, or after a while
      for (int i = 0; i < 300 && !returned; ++i) std::this_thread::sleep_for(1ms);
    const bool went_on = returned;
    reducer.mark_ready(2);
    returned = true;
    for (const int i : {1, 0}) reducer.mark_ready(i);
    reducer.finish();
    return tensor({group.rank() == 0 || went_on});
  });
  expect_that(got[1].item<bool>(),
              "mark_ready() of rank 0 did not return before rank 1 had sent its bucket, too");
}

TEST_CASE("8.5  buckets set out in their order, whatever the order of the gradients") {
  about("Reducer::mark_ready");
  const Tensors got = on_ranks(2, [](Spy& group) {
    const ThreeParameters three(group);
    Reducer reducer(group, three.parameters, two_buckets);
    std::vector<std::int64_t> sent;
    for (const int i : {0, 1, 2}) {
      reducer.mark_ready(i);
      sent.push_back(std::ssize(group.asked));
    }
    check(sent[1] == 0, "of the buckets {2} and {1, 0}, expected none to set out after ",
          "mark_ready(0) and mark_ready(1), got ", sent[1], ": bucket {2} stands before the other");
    reducer.finish();
    sent.push_back(group.asked[0].input.numel());
    return tensor(sent);
  });
  expect_on_ranks(
      "buckets {2} and {1, 0}: how many have set out after 0, after 1 and after 2, and the "
      "elements of the first,",
      got, tensor({0, 0, 2, 1}));
}

TEST_CASE("8.5  after finish() it begins anew") {
  about("Reducer::finish");
  const Tensors got = on_ranks(2, [](Spy& group) {
    ThreeParameters three(group);
    Reducer reducer(group, three.parameters, two_buckets);
    for (int step = 0; step < 3; ++step) {
      for (std::int64_t i = 0; i < 3; ++i) three.set_gradient(i, 10. * step + group.rank());
      for (const int i : {2, 1, 0}) reducer.mark_ready(i);
      reducer.finish();
    }
    check(reducer.missing().size() == 3, "after finish(), all parameters should be missing again");
    check(reducer.journeys().size() == 2, "journeys() after 3 steps: expected the 2 of the last, ",
          "got ", reducer.journeys().size());
    return three.gradients();
  });
  expect_on_ranks("the gradients of a third step, of 20 · {1, 2, 2, 3} and 21 · {1, 2, 2, 3},", got,
                  tensor({20.5, 41., 41., 61.5}));
}

TEST_CASE("8.5  a network trained by 2 and by 4 processes has the weights of one") {
  expect_right_by_processes("8.5");
}
