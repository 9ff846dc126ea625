/// Random programs over the exercises of chapter 8, which a judge compares with the reference. What
/// ranks are given is drawn before they begin, and what they have come to is looked at when all of
/// them have ended: what happens in between may come in any order.
#include <algorithm>
#include <chrono>
#include <functional>
#include <limits>
#include <numeric>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "kindling/autograd.h"
#include "kindling/ddp.h"
#include "kindling/distributed.h"
#include "kindling/ops.h"
#include "spy.h"
#include "testing/beside.h"

using namespace kindling;
using namespace kindling::distributed;
using namespace kindling::testing;
using namespace std::chrono_literals;
using Kind = Operation::Kind;

TEST_SUITE_BEGIN("random programs");

namespace {

/// Calls `program` on so many ranks, whose groups take their time.
void call_on_ranks(Program& p, const std::string& what, int ranks,
                   const std::function<void(Spy&)>& program) {
  // What is sent to and from a GPU is copied there and back, and so is not counted closely.
  p.allow(kindling::testing::Work::copies, 3, 20LL * ranks);
  p.call(text(what, ", on ", ranks, ranks == 1 ? " rank" : " ranks"), [&] {
    spawn(ranks,
          [&](ProcessGroup& group) {
            Spy spy(group, 150us, 3s);
            program(spy);
            spy.check_all_waited_for();
          },
          {.timeout = 3s});
  });
}

/// A machine with other things to do runs ranks one after the other.
void expect_threads_to_wait() { be_patient(20s); }

std::string of_rank(const std::string& what, int rank) { return text(what, " of rank ", rank); }

/// "{2, 0, 1}"
std::string listed(const std::vector<std::int64_t>& numbers) {
  std::string list = "{";
  for (std::size_t i = 0; i < numbers.size(); ++i) list += text(i ? ", " : "", numbers[i]);
  return list + "}";
}

/// 0, 1, …, n − 1 in some order.
std::vector<std::int64_t> some_order(Program& p, std::int64_t n) {
  std::vector<std::int64_t> order(static_cast<std::size_t>(n));
  for (std::int64_t i = 0; i < n; ++i) {
    order[i] = i;
    std::swap(order[i], order[p.between(0, i)]);
  }
  return order;
}

}  // namespace

// 8.1 ---------------------------------------------------------------------------------------------

TEST_CASE("8.1  random tensors and numbers of ranks, beside the reference") {
  expect_threads_to_wait();
  beside_reference(60, [](Program& p) {
    const int ranks =
        static_cast<int>(p.number() % 20 == 19 ? 9 : p.between(1, p.number() < 8 ? 3 : 6));
    const Shape shape = p.size() > 0.95 ? Shape{67, 41, 3} : p.shape(0, 4);
    const std::int64_t n = numel(shape);
    const DType dtype = p.pick({float32, float64, int64});
    // Which of them nobody can tell from the order in which the ranks' elements are summed up.
    const auto values = p.pick({Draw::whole, Draw::positive});
    const bool special = is_floating_point(dtype) && p.chance(0.3);
    const Device device = p.device();
    const auto onto = [&](const Tensor& memory) {
      for (std::int64_t i = 0; special && i < memory.numel(); ++i)
        if (p.chance(0.1))
          memory[i].fill_(p.pick({std::numeric_limits<double>::quiet_NaN(),
                                  std::numeric_limits<double>::infinity(),
                                  -std::numeric_limits<double>::infinity()}));
      return memory.to(device);
    };
    const bool is_leaf = is_floating_point(dtype) && p.chance(0.2);
    // Row-major, from somewhere in a memory that is larger.
    Tensors of_ranks;
    const bool amid = p.chance(0.4);
    for (int rank = 0; rank < ranks; ++rank) {
      const std::int64_t before = amid ? p.between(0, 5) : 0, behind = amid ? p.between(0, 5) : 0;
      const Tensor memory =
          p.tensor(text("rank ", rank, "'s tensor"), {before + n + behind},
                   {.dtype = dtype, .values = values, .strided = false, .onto = onto});
      Tensor x = memory.narrow(0, before, n).view(shape);
      if (is_leaf) x.requires_grad_();
      of_ranks.push_back(x);
      p.given(text("rank ", rank, "'s tensor"),
              text("is of shape ", shape, ", and begins at element ", before, " of what is shown",
                   is_leaf ? ", and requires gradients" : ""));
    }
    const int times = p.chance(0.3) ? 2 : 1;
    std::vector<std::int64_t> sent(ranks), largest(ranks), others(ranks), by_turns(ranks);
    const auto ring = [&](Spy& group) {
      const int rank = group.rank();
      for (int time = 0; time < times; ++time) ring_all_reduce(group, of_ranks[rank]);
      // Whether a step begins with its send or its recv is nobody's business, nor which of the
      // pieces are a little longer.
      std::vector<std::size_t> sends, receives;
      const int next = (rank + 1) % ranks, previous = (rank + ranks - 1) % ranks;
      for (std::size_t i = 0; i < group.asked.size(); ++i) {
        const Operation& asked = group.asked[i];
        if (asked.kind == Kind::send && asked.peer == next) {
          sends.push_back(i);
          const std::int64_t bytes = asked.input.numel() * size_of(asked.input.dtype());
          sent[rank] += bytes;
          largest[rank] = std::max(largest[rank], bytes);
        } else if (asked.kind == Kind::recv && asked.peer == previous) {
          receives.push_back(i);
        } else {
          ++others[rank];
        }
      }
      const std::size_t steps = 2 * static_cast<std::size_t>(times * (ranks - 1));
      if (sends.size() != steps || receives.size() != steps) return;  // what is empty may stay
      for (std::size_t i = 0; i < steps; ++i) {
        const auto [first, second] = std::minmax(sends[i], receives[i]);
        by_turns[rank] += group.waited_for[second][first];
      }
    };
    call_on_ranks(
        p, times == 2 ? "ring_all_reduce(group, tensor), twice" : "ring_all_reduce(group, tensor)",
        ranks, ring);
    for (int rank = 0; rank < ranks; ++rank) {
      p.see(
          of_rank("calls of anything but isend() to the next and irecv() from the previous", rank),
          others[rank]);
      p.see(of_rank("steps that wait for one of isend() and irecv() before they begin the other,",
                    rank),
            by_turns[rank]);
    }
    p.see("bytes that all ranks send together", std::accumulate(sent.begin(), sent.end(), 0LL));
    p.see("bytes of the largest piece that is sent", std::ranges::max(largest));
  });
}

// 8.2 ---------------------------------------------------------------------------------------------

TEST_CASE("8.2  random samplers, beside the reference") {
  beside_reference(240, [](Program& p) {
    struct Dealt {
      data::DistributedSampler sampler;
      std::string name;
    };
    std::vector<Dealt> samplers;
    std::int64_t examples = 0;
    // In one program of six, two that shuffle the same examples in two ways, in the same epochs.
    const bool alike = p.number() % 6 == 5;
    for (int i = 0; i < (alike || p.chance(0.5) ? 2 : 1); ++i) {
      if (i == 0 || (!alike && p.chance(0.3))) examples = p.size() > 0.95 ? 5003 : p.length(90, 1);
      const int ranks = static_cast<int>(p.length(p.chance(0.2) ? 200 : 9, 1));
      const int rank = static_cast<int>(p.between(0, ranks - 1));
      data::DistributedSamplerOptions options;
      options.shuffle = alike || p.chance(0.7);
      options.drop_last = p.chance(0.4);
      options.seed =
          p.chance(0.5)
              ? static_cast<std::uint64_t>(p.between(0, 100))
              : static_cast<std::uint64_t>(p.between(std::numeric_limits<std::int64_t>::min(),
                                                     std::numeric_limits<std::int64_t>::max()));
      samplers.push_back({data::DistributedSampler(examples, ranks, rank, options),
                          text("order() of rank ", rank, " of ", ranks, " over ", examples,
                               " examples, shuffle = ", options.shuffle,
                               ", drop_last = ", options.drop_last, ", seed ", options.seed)});
    }
    for (int call = 0; call < 4; ++call) {
      Dealt& dealt = samplers[alike ? call % 2 : p.between(0, std::ssize(samplers) - 1)];
      if (alike ? call < 2 : p.chance(0.6)) {
        const std::int64_t epoch =
            alike ? p.number() % 10
            : p.chance(0.8)
                ? p.between(0, 9)
                : p.pick<std::int64_t>({-1, std::int64_t(1) << 32, (std::int64_t(1) << 40) + 3});
        dealt.sampler.set_epoch(epoch);
        dealt.name = dealt.name.substr(0, dealt.name.find(", epoch")) + text(", epoch ", epoch);
      }
      const std::string what = dealt.name + (call > 0 ? text(", call ", call + 1) : "");
      p.compare(what, [&] { return dealt.sampler.order(); });
      p.see(what + ", and size() after it", dealt.sampler.size());
    }
  });
}

TEST_CASE("8.2  orders of many examples, beside the reference") {
  beside_reference(2, [](Program& p) {
    const std::int64_t examples = p.between(700'000, 900'000);
    const int ranks = static_cast<int>(p.between(1, 2));
    const bool shuffle = p.number() == 0;
    data::DistributedSampler sampler(examples, ranks, 0, {.shuffle = shuffle});
    const auto order = p.call(text("order() of rank 0 of ", ranks, " over ", examples, " examples"),
                              [&] { return sampler.order(); });
    if (!order) return;
    std::uint64_t checksum = 0;
    for (const std::int64_t index : *order) checksum = checksum * 31 + std::uint64_t(index);
    p.see("how many it gives", order->size());
    p.see("the checksum of them", checksum);
  });
}

// 8.3 ---------------------------------------------------------------------------------------------

TEST_CASE("8.3  random steps of a few parameters, beside the reference") {
  expect_threads_to_wait();
  beside_reference(60, [](Program& p) {
    const int ranks =
        static_cast<int>(p.number() % 20 == 19 ? 7 : p.between(1, p.number() < 8 ? 2 : 4));
    const bool special = p.chance(0.25);
    const std::int64_t count = p.between(ranks > 4 ? 1 : 0, p.number() < 8 ? 2 : 5);
    std::vector<Tensors> parameters(ranks), factors(ranks);
    Tensors grads;
    for (std::int64_t i = 0; i < count; ++i) {
      const Draw draw{
          .dtype = p.pick({float32, float64}), .values = Draw::positive, .device = p.device()};
      const Shape shape = p.shape(0, 3, 4);
      const bool trained = p.chance(0.8), has_grad = trained && p.chance(0.3);
      for (int rank = 0; rank < ranks; ++rank) {
        Draw own = draw;
        own.requires_grad = trained;
        Tensor w = p.tensor(text("parameter ", i, " of rank ", rank), shape, own);
        parameters[rank].push_back(w);
        Draw of_factor = draw;
        if (special) of_factor.values = Draw::whole_special;
        factors[rank].push_back(p.tensor(text("factor ", i, " of rank ", rank), shape, of_factor));
        if (has_grad) {
          grads.push_back(p.tensor(text("the .grad that parameter ", i, " of rank ", rank, " has"),
                                   shape, draw));
          w.set_grad(grads.back());
        }
      }
    }
    // All ranks go the same way, and each step to some of the parameters.
    struct Step {
      std::vector<bool> uses;
      std::optional<std::int64_t> removes;
      bool forgets = false;
    };
    std::vector<Step> steps(p.between(1, 3));
    for (Step& step : steps) {
      std::string ways = "loss = ";
      for (std::int64_t i = 0; i < count; ++i) {
        step.uses.push_back(p.chance(0.8));
        if (step.uses.back()) ways += text("sum(parameter ", i, " * factor ", i, ") + ");
      }
      ways += "0";
      if (p.chance(0.3)) step.removes = p.between(0, count);
      if (step.removes)
        ways += text(", and hook ", *step.removes, " is taken off, if there is one");
      step.forgets = p.chance(0.3);
      if (step.forgets) ways += ", and no parameter has a .grad any more";
      p.given(text("step ", &step - steps.data()), ways);
    }
    const bool in_two_calls = p.chance(0.3), without_gradients = p.chance(0.2);
    if (in_two_calls)
      p.given("average_gradients() is called", "for the first half, and the second");
    if (without_gradients) p.given("average_gradients() is called", "under NoGrad");
    std::vector<std::string> sent(ranks);
    std::vector<std::int64_t> hooks_of(ranks);
    call_on_ranks(p, "average_gradients(), and steps", ranks, [&](Spy& group) {
      const Tensors& own = parameters[group.rank()];
      std::vector<RemoveHook> hooks;
      {
        std::optional<NoGrad> guard;
        if (without_gradients) guard.emplace();
        const auto half = in_two_calls ? own.begin() + count / 2 : own.end();
        hooks = average_gradients(group, Tensors(own.begin(), half));
        if (in_two_calls)
          for (const RemoveHook& more : average_gradients(group, Tensors(half, own.end())))
            hooks.push_back(more);
      }
      hooks_of[group.rank()] = std::ssize(hooks);
      for (const Step& step : steps) {
        Tensor loss;
        for (std::int64_t i = 0; i < count; ++i) {
          if (!step.uses[i] || !own[i].requires_grad()) continue;
          // One loss of one dtype and device.
          const Tensor part = sum(own[i] * factors[group.rank()][i]).to(float64).to(cpu);
          loss = loss.defined() ? loss + part : part;
        }
        const std::size_t before = group.asked.size();
        if (loss.defined()) loss.backward();
        for (std::size_t i = before; i < group.asked.size(); ++i)
          if (const std::int64_t n = group.asked[i].input.numel(); n > 0)
            sent[group.rank()] += text(group.asked[i].input.dtype(), " [", n, "] ");
        sent[group.rank()] += "| ";
        if (step.removes && *step.removes < std::ssize(hooks)) {
          hooks[*step.removes]();
          if (*step.removes % 2 == 0) hooks[*step.removes]();  // once more does no harm
        }
        if (step.forgets)
          for (Tensor w : own)
            if (w.requires_grad()) w.set_grad(Tensor());
      }
    });
    for (int rank = 0; rank < ranks; ++rank) {
      p.see(of_rank("number of hooks", rank), hooks_of[rank]);
      p.see(of_rank("what is sent, a step after the other,", rank), sent[rank]);
    }
  });
}

// 8.4 ---------------------------------------------------------------------------------------------

TEST_CASE("8.4  random parameters in buckets, beside the reference") {
  beside_reference(150, [](Program& p) {
    p.with_words();
    const std::int64_t count = p.between(0, p.number() < 20 ? 3 : 14);
    const bool mixed = p.chance(0.6), moved = p.chance(0.4), huge = p.chance(0.2),
               hollow = p.chance(0.1);
    Tensors parameters;
    std::int64_t total = 0;
    std::vector<std::int64_t> sizes;
    for (std::int64_t i = 0; i < count; ++i) {
      Draw draw;
      draw.dtype = mixed ? p.pick({float32, float64, int64, bool_}) : float32;
      draw.device = moved ? p.device() : cpu;
      draw.repeated = p.chance(0.2);
      draw.requires_grad = is_floating_point(draw.dtype) && p.chance(0.5);
      const bool is_huge = huge && p.chance(0.5);  // which no memory has to hold
      Tensor x = p.tensor(text("parameter ", i),
                          is_huge                   ? Shape{1}
                          : hollow && p.chance(0.8) ? Shape{0, 3}
                                                    : p.shape(0, 3, 9),
                          draw);
      if (is_huge) {
        x = x.detach().expand({p.between(1, 100'000), p.between(1, 200'000)});
        p.given(text("parameter ", i, " is that, expanded to a tensor of shape"), x.shape());
      }
      parameters.push_back(x);
      sizes.push_back(x.numel() * size_of(x.dtype()));
      total += sizes.back();
    }
    // As many bytes as the last parameters have, or one more or less.
    std::int64_t of_last = p.between(-1, 1);
    for (std::int64_t i = p.between(0, count); i < count; ++i) of_last += sizes[i];
    const std::int64_t bytes =
        p.chance(huge ? 0.7 : 0.2) ? of_last
        : p.chance(0.1)            ? p.between(-1, 0)
        : p.chance(0.1) ? p.pick<std::int64_t>({1, std::numeric_limits<std::int64_t>::max()})
                        : p.between(1, std::max<std::int64_t>(1, total));
    const auto buckets = p.call(text("make_buckets(parameters, ", bytes, ")"),
                                [&] { return make_buckets(parameters, bytes); });
    if (!buckets) return;
    std::string list;
    for (const data::Indices& bucket : *buckets)
      list += (list.empty() ? "" : ", ") + listed(bucket);
    p.see(text("buckets of ", bytes, " bytes"), "{" + list + "}");
  });
}

// 8.5 ---------------------------------------------------------------------------------------------

namespace {

/// What one Reducer is given, on each rank.
struct Reduced {
  std::vector<Tensors> parameters;          // of each rank
  std::vector<std::vector<Tensors>> grads;  // of each step and rank
  std::vector<data::Indices> buckets;
};

Reduced draw_reduced(Program& p, const std::string& name, int ranks, int steps) {
  Reduced out{.parameters = std::vector<Tensors>(ranks),
              .grads = std::vector(steps, std::vector<Tensors>(ranks)),
              .buckets = {}};
  const std::int64_t count = p.between(1, p.number() < 8 ? 3 : 7);
  std::int64_t bytes = 1;
  for (std::int64_t i = 0; i < count; ++i) {
    Draw draw{.dtype = p.pick({float32, float32, float64}),
              .values = p.chance(0.2) ? Draw::whole_special : Draw::positive,
              .device = p.device()};
    const Shape shape = p.shape(0, 3, 4);
    bytes += numel(shape) * size_of(draw.dtype);
    for (int rank = 0; rank < ranks; ++rank) {
      for (int step = 0; step < steps; ++step)
        out.grads[step][rank].push_back(p.tensor(
            text("gradient ", i, name, " of rank ", rank, " in step ", step), shape, draw));
      Draw leaf = draw;
      leaf.requires_grad = true;
      out.parameters[rank].push_back(
          p.tensor(text("parameter ", i, name, " of rank ", rank), shape, leaf));
    }
  }
  out.buckets = make_buckets(out.parameters[0], p.between(1, bytes));
  return out;
}

}  // namespace

TEST_CASE("8.5  random gradients in random order, beside the reference") {
  expect_threads_to_wait();
  beside_reference(60, [](Program& p) {
    const int ranks = static_cast<int>(p.between(1, p.number() < 8 ? 2 : 4));
    const int steps = static_cast<int>(p.between(1, 3));
    const bool two = p.chance(0.3);
    std::vector<Reduced> reduced;
    reduced.push_back(draw_reduced(p, "", ranks, steps));
    if (two) reduced.push_back(draw_reduced(p, " of the second reducer", ranks, steps));
    const auto count = [&](std::size_t of) { return std::ssize(reduced[of].parameters[0]); };
    // In which order gradients come: on each rank in another one, where there is one reducer.
    std::vector<std::vector<std::vector<std::int64_t>>> orders(
        steps, std::vector<std::vector<std::int64_t>>(ranks));
    for (auto& of_step : orders)
      for (int rank = 0; rank < ranks; ++rank)
        of_step[rank] =
            two && rank > 0 ? of_step[0] : some_order(p, count(0) + (two ? count(1) : 0));
    for (std::size_t of = 0; of < reduced.size(); ++of) {
      std::string list;
      for (const data::Indices& bucket : reduced[of].buckets) list += text(listed(bucket), " ");
      p.given(of ? "buckets of the second" : "buckets", list);
    }
    for (int step = 0; step < steps; ++step)
      for (int rank = 0; rank < ranks; ++rank)
        p.given(text("order of gradients in step ", step, " on rank ", rank),
                listed(orders[step][rank]));
    std::vector<std::string> seen(ranks);
    std::vector<std::int64_t> moved(ranks);
    call_on_ranks(p, "mark_ready() of all and finish(), in each step", ranks, [&](Spy& group) {
      const int rank = group.rank();
      std::vector<Reducer> reducers;
      for (const Reduced& of : reduced)
        reducers.emplace_back(group, of.parameters[rank], of.buckets);
      for (int step = 0; step < steps; ++step) {
        const std::size_t first_of_step = group.asked.size();
        for (const Reduced& of : reduced)
          for (std::size_t i = 0; i < of.parameters[rank].size(); ++i) {
            Tensor w = of.parameters[rank][i];
            w.set_grad(of.grads[step][rank][i]);
          }
        for (const std::int64_t place : orders[step][rank]) {
          const std::size_t of = place < count(0) ? 0 : 1;
          const std::size_t before = group.asked.size();
          reducers[of].mark_ready(of ? place - count(0) : place);
          seen[rank] += "mark_ready";
          for (std::size_t i = before; i < group.asked.size(); ++i)
            seen[rank] += text(", sends ", group.asked[i].input.numel(), " ",
                               group.asked[i].input.dtype(), " when ",
                               std::ranges::count(group.waited_for[i].begin() + first_of_step,
                                                  group.waited_for[i].end(), true),
                               " of the buckets before it have been waited for");
          seen[rank] += text(", missing ", listed(reducers[of].missing()), "; ");
        }
        const std::size_t before = group.asked.size();
        for (Reducer& reducer : reducers) {
          reducer.finish();
          seen[rank] += text("finish, missing ", listed(reducer.missing()), ", journeys ",
                             reducer.journeys().size(), "; ");
        }
        seen[rank] += text("operations begun by finish: ", group.asked.size() - before, ". ");
        for (const Reduced& of : reduced)
          for (std::size_t i = 0; i < of.parameters[rank].size(); ++i)
            moved[rank] +=
                !(of.parameters[rank][i].grad().storage() == of.grads[step][rank][i].storage());
      }
    });
    for (int rank = 0; rank < ranks; ++rank) {
      p.see(of_rank("what happens", rank), seen[rank]);
      p.see(of_rank("how many .grad are other tensors after finish(), and not the same", rank),
            moved[rank]);
    }
  });
}

TEST_SUITE_END();
