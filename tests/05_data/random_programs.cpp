/// Random programs over the exercises of chapter 5, which a judge compares with the reference.
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>
#include <exception>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "kindling/autograd.h"
#include "kindling/data.h"
#include "kindling/ops.h"
#include "kindling/prefetch.h"
#include "testing/allocations.h"
#include "testing/beside.h"

using namespace kindling;
using namespace kindling::data;
using namespace kindling::testing;

TEST_SUITE_BEGIN("random programs");

namespace {

DType any_dtype(Program& p) { return p.pick({float32, float64, int64, bool_}); }

Draw any_draw(Program& p) {
  Draw draw{.dtype = any_dtype(p), .values = p.pick({Draw::digits, Draw::special})};
  draw.device = p.device();
  draw.repeated = p.chance(0.2);
  draw.requires_grad = is_floating_point(draw.dtype) && p.chance(0.3);
  return draw;
}

void see(Program& p, const std::string& what, const Example& example) {
  p.see(what + ", its data", example.data);
  p.see(what + ", its target", example.target);
}

/// As many threads as there are calls, all at once; what the n-th call gives stands at [n].
template <class F>
auto at_once(std::size_t calls, F f) {
  std::vector<std::optional<decltype(f(std::size_t{}))>> results(calls);
  std::vector<std::exception_ptr> errors(calls);
  {
    std::vector<std::jthread> threads;
    for (std::size_t i = 0; i < calls; ++i)
      threads.emplace_back([&, i] {
        try {
          results[i].emplace(f(i));
        } catch (...) {
          errors[i] = std::current_exception();
        }
      });
  }
  for (const std::exception_ptr& error : errors)
    if (error) std::rethrow_exception(error);
  return results;
}

}  // namespace

// 5.1 --------------------------------------------------------------------------------------------

TEST_CASE("5.1  random datasets of tensors, beside the reference") {
  beside_reference(150, [](Program& p) {
    p.with_words();
    const Shape shape = p.shape(1, 7, 9, 0, 3000);
    Shape wanted = p.shape(1, 4, 5, 0, 3000);
    wanted[0] = shape[0];
    Tensor data = p.tensor("data", shape, any_draw(p)), targets;
    if (p.chance(0.1)) {
      targets = data;
    } else if (p.chance(0.15)) {  // what lies beside each other in one memory
      targets = data.dim() > 1 && data.size(1) > 1 ? data.narrow(1, 1, data.size(1) - 1)
                                                   : data.unsqueeze(-1);
      p.given("targets", text("the same memory, of shape ", targets.shape(), " and strides ",
                              targets.strides(), ", from element ",
                              targets.storage_offset() - data.storage_offset(), " on"));
    } else if (p.chance(0.7)) {
      targets = p.tensor("targets", wanted, any_draw(p));
    }
    const TensorDataset dataset(data, targets);
    const std::int64_t n = shape[0];
    p.compare("size()", [&] { return dataset.size(); });
    std::optional<NoGrad> guard;
    if (p.chance(0.2)) guard.emplace();
    std::vector<std::pair<std::string, Example>> kept;
    for (int time = 0; time < 4; ++time) {
      std::int64_t index = p.between(-2, n + 1);
      if (p.chance(0.1)) index += p.pick({-1, 1}) * (std::int64_t{1} << p.between(31, 62));
      const std::string what = text("get(", index, ")");
      const auto got = p.call(what, [&] { return dataset.get(index); });
      if (!got) continue;
      see(p, what, *got);
      kept.emplace_back(what, *got);
    }
    // Views: whoever writes into an example writes into the data, and sees what others write.
    guard.emplace();
    for (const auto& [what, example] : kept) {
      Tensor row = example.data.detach();
      p.call(what + ".data.fill_(1)", [&] { row.fill_(1); });
    }
    if (!kept.empty() && p.chance(0.5)) {
      p.call("data.fill_(0)", [&] { data.detach().fill_(0); });
      see(p, kept[0].first + ", after data.fill_(0)", kept[0].second);
    }
  });
}

TEST_CASE("5.1  gradients through random examples, beside the reference") {
  beside_reference(40, [](Program& p) {
    const Shape shape = p.shape(1, 4, 5, 1, 300);
    Draw draw{.values = Draw::whole, .requires_grad = true};
    draw.device = p.device();
    const Tensor data = p.tensor("data", shape, draw), targets = p.tensor("targets", shape, draw);
    const TensorDataset dataset(data, targets);
    for (int time = 0; time < 2; ++time) {
      const std::int64_t index = p.between(0, shape[0] - 1);
      p.call(text("sum(get(", index, ").data * its target).backward()"), [&] {
        const Example example = dataset.get(index);
        sum(example.data * example.target).backward();
      });
    }
  });
}

TEST_CASE("5.1  more examples than memory holds, beside the reference") {
  beside_reference(20, [](Program& p) {
    const Draw draw{.dtype = any_dtype(p), .strided = false};
    const Shape row = p.shape(0, 3, 5, 0, 100);
    const Tensor one = p.tensor("row", row, draw);
    Shape shape = row;
    shape.insert(shape.begin(), p.between(1, std::int64_t{1} << p.between(31, 40)));
    p.given("data", text("row, expanded to ", shape));
    const Tensor data = one.expand(shape);
    const TensorDataset dataset(data, data);
    p.compare("size()", [&] { return dataset.size(); });
    for (const std::int64_t index : {shape[0] - 1, p.between(0, shape[0] - 1), shape[0]}) {
      const std::string what = text("get(", index, ")");
      if (const auto got = p.call(what, [&] { return dataset.get(index); })) see(p, what, *got);
    }
  });
}

TEST_CASE("5.1  examples beyond 31 bits of memory, beside the reference") {
  beside_reference(3, [](Program& p) {
    // Addresses only: of such memory there is what somebody has written into.
    const std::int64_t bytes = (std::int64_t{1} << 32) + (1 << 20), n = bytes / 16;
    void* const memory = mmap(nullptr, static_cast<std::size_t>(bytes), PROT_READ | PROT_WRITE,
                              MAP_PRIVATE | MAP_ANON | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED) return;
    const std::shared_ptr<void> owner(
        memory, [=](void* all) { munmap(all, static_cast<std::size_t>(bytes)); });
    const Storage storage(memory, bytes, cpu, owner);
    const Tensor rows(storage, Layout({n, 16}), bool_), list(storage, Layout({bytes}), bool_);
    const TensorDataset of_rows(rows, rows), of_list(list, list);
    for (const TensorDataset* dataset : {&of_rows, &of_list}) {
      const std::int64_t index = dataset->size() - p.between(1, 1000);
      p.given("data", text("bools of shape ", dataset->data().shape(), ", all false but for [",
                           index, "]"));
      dataset->data()[index].fill_(true);
      const Example got = dataset->get(index);
      p.see(text("get(", index, "), its data"), got.data.clone());
      p.see(text("get(", index, "), its target"), got.target.clone());
    }
  });
}

TEST_CASE("5.1  random datasets in turn, and from four threads, beside the reference") {
  beside_reference(40, [](Program& p) {
    const Shape shape = p.shape(1, 3, 9, 1, 300);
    const Tensor data = p.tensor("data", shape, {.dtype = any_dtype(p)}),
                 other = p.tensor("other", shape, {.dtype = any_dtype(p)});
    std::optional<TensorDataset> one(std::in_place, data, other);
    const TensorDataset two(other), copy = *one;
    const std::int64_t index = p.between(0, shape[0] - 1);
    for (const TensorDataset& dataset : {std::cref(*one), std::cref(two), std::cref(copy)})
      see(p, text("get(", index, ")"), dataset.get(index));
    const auto seen = at_once(4, [&](std::size_t i) {
      Tensors rows;
      const TensorDataset& dataset = i % 2 ? two : copy;
      for (int time = 0; time < 20; ++time) rows = {dataset.get(std::int64_t(i) % shape[0]).data};
      return rows;
    });
    for (std::size_t i = 0; i < seen.size(); ++i)
      p.see(text("the example that thread ", i, " got"), (*seen[i])[0]);
    const Example kept = copy.get(index);
    one.reset();
    see(p, "an example whose dataset is gone", kept);
  });
}

// 5.2 --------------------------------------------------------------------------------------------

TEST_CASE("5.2  random samplers, beside the reference") {
  beside_reference(150, [](Program& p) {
    std::int64_t examples = p.length(p.size() > 0.9 ? 2000 : 60, 1);
    RandomSamplerOptions options;
    const bool of_many = p.number() % 8 == 7;  // of which no list can be made of all
    options.replacement = of_many || p.chance(0.3);
    if (of_many) {
      options.num_samples = p.length(100, 1);
      examples = std::int64_t{1} << p.between(24, 50);
    } else if (p.chance(0.7)) {
      options.num_samples =
          p.chance(0.3) ? p.between(1, 4) * examples + p.between(0, 1) : p.length(100, 1);
    }
    Generator own(p.random()());
    if (p.chance(0.3)) own.normal();  // which keeps a second number
    const bool is_own = p.chance(0.6), is_default = p.chance(0.1);
    options.generator = is_default ? &default_generator() : is_own ? &own : nullptr;
    p.given("RandomSampler",
            text(examples, " examples, ", options.replacement ? "with" : "without",
                 " replacement, num_samples ",
                 options.num_samples ? std::to_string(*options.num_samples) : "none", ", ",
                 is_default ? "default_generator()"
                 : is_own   ? "a generator of its own"
                            : "no generator"));
    RandomSampler sampler(examples, options), other(p.length(9, 1), {.generator = &own});
    for (int epoch = 0; epoch < 3; ++epoch) {
      if (p.chance(0.3)) manual_seed(p.random()());
      std::size_t taken = 0;  // what follows the call takes memory of its own
      p.compare(text("the order of epoch ", epoch), [&] {
        const LargestAllocation largest;
        Indices order = sampler.order();
        taken = largest.bytes();
        return order;
      });
      if (of_many) p.see("whether it took memory for all of the examples", taken > 100'000);
      p.see("the state of its own generator", own.state());
      if (p.chance(0.3)) {
        p.compare("the order of another sampler", [&] { return other.order(); });
        p.see("the state of the generator of both", own.state());
      }
    }
  });
}

TEST_CASE("5.2  orders of many examples, beside the reference") {
  beside_reference(2, [](Program& p) {
    const std::int64_t examples = p.between(700'000, 900'000);
    const std::int64_t wanted = p.number() == 0 ? examples : p.between(1, 2 * examples);
    Generator own(p.random()());
    RandomSampler sampler(examples, {.num_samples = wanted, .generator = &own});
    const auto order = p.call(text("the order of ", wanted, " of ", examples, " examples"),
                              [&] { return sampler.order(); });
    if (!order) return;
    std::uint64_t checksum = 0;
    for (const std::int64_t index : *order) checksum = checksum * 31 + std::uint64_t(index);
    p.see("how many it gives", order->size());
    p.see("the checksum of them", checksum);
    p.see("the state of its own generator", own.state());
  });
}

TEST_CASE("5.2  random epochs of a loader that shuffles, beside the reference") {
  beside_reference(40, [](Program& p) {
    const std::int64_t examples = p.length(40, 1);
    Generator own(p.random()());
    const bool is_own = p.chance(0.5);
    DataLoaderOptions options{.batch_size = p.between(1, 9), .shuffle = true};
    options.drop_last = p.chance(0.3);
    options.generator = is_own ? &own : nullptr;
    DataLoader loader(TensorDataset(arange(examples)), options);
    for (int epoch = 0; epoch < 2; ++epoch)
      p.compare(text("the batches of epoch ", epoch, " of ", examples, " examples"), [&] {
        Indices order;
        for (auto& [x, y] : loader)
          for (const std::int64_t index : x.to_vector<std::int64_t>()) order.push_back(index);
        return order;
      });
    p.see("the state of its own generator", own.state());
  });
}

// 5.3 --------------------------------------------------------------------------------------------

namespace {

/// Examples that fit together.
std::vector<Example> alike(Program& p, std::int64_t count) {
  Draw of_data = any_draw(p), of_target = any_draw(p);
  of_target.device = of_data.device;
  const Shape shape = p.shape(0, 8, 6, 0, 200), wanted = p.shape(0, 3, 4, 0, 200);
  const bool has_targets = p.chance(0.7);
  std::vector<Example> examples;
  for (std::int64_t i = 0; i < count; ++i) {
    if (i > 0 && p.chance(0.1)) {
      examples.push_back(examples[static_cast<std::size_t>(p.between(0, i - 1))]);
      continue;
    }
    Example example;
    example.data = p.tensor(text("data ", i), shape, of_data);
    if (has_targets)
      example.target =
          p.chance(0.1) ? example.data : p.tensor(text("target ", i), wanted, of_target);
    examples.push_back(example);
  }
  // One that is its own target has one of that shape: then all have.
  for (Example& example : examples)
    if (has_targets && (example.target.shape() != examples[0].target.shape() ||
                        example.target.dtype() != examples[0].target.dtype()))
      example.target = examples[0].target;
  return examples;
}

}  // namespace

TEST_CASE("5.3  random batches, beside the reference") {
  beside_reference(120, [](Program& p) {
    std::vector<Example> examples = alike(p, p.length(p.size() > 0.95 ? 40 : 6));
    const auto kept = examples;
    std::optional<NoGrad> guard;
    if (p.chance(0.3)) guard.emplace();
    for (int time = 0; time < 2; ++time) {
      const auto batch = p.call("collate(examples)", [&] { return collate(examples); });
      if (!batch) continue;
      see(p, "the batch", *batch);
      const Tensor& data = batch->data;
      if (!guard && data.requires_grad() && time == 1)
        p.call("sum(batch.data * batch.data).backward()", [&] { sum(data * data).backward(); });
    }
    for (std::size_t i = 0; i < kept.size(); ++i)
      p.see(text("whether example ", i, " is what it was"),
            kept[i].data.shared_impl() == examples[i].data.shared_impl() &&
                (!kept[i].target.defined() ||
                 kept[i].target.shared_impl() == examples[i].target.shared_impl()));
  });
}

TEST_CASE("5.3  random batches in which one example does not fit, beside the reference") {
  beside_reference(150, [](Program& p) {
    const std::int64_t count = p.length(9, 2);
    p.with_words().allow(Work::copies, 3, 2 * count);
    std::vector<Example> examples = alike(p, count);
    const auto odd = static_cast<std::size_t>(p.between(1, count - 1));
    const bool of_target = examples[0].target.defined() && p.chance(0.5);
    Tensor& part = of_target ? examples[odd].target : examples[odd].data;
    Draw draw{.dtype = part.dtype(), .values = Draw::digits};
    draw.device = part.device();
    Shape shape = part.shape();
    switch (p.between(0, 6)) {
      case 0:  // another length, perhaps one that could be stretched
        if (shape.empty()) shape.push_back(1);
        shape[static_cast<std::size_t>(p.between(0, std::ssize(shape) - 1))] += p.pick({1, 1, 2});
        part = p.tensor("the odd one", shape, draw);
        break;
      case 1:  // an axis of 1 more, or as many elements in one axis
        shape.insert(shape.begin() + p.between(0, std::ssize(shape)), 1);
        part = p.tensor("the odd one", shape, draw);
        break;
      case 2:
        part = p.tensor("the odd one", p.chance(0.5) ? Shape{numel(shape)} : Shape{}, draw);
        break;
      case 3:
        std::ranges::reverse(shape);
        part = p.tensor("the odd one", shape, draw);
        break;
      case 4:
        draw.dtype = any_dtype(p);
        part = p.tensor("the odd one", shape, draw);
        break;
      case 5:
        part = Tensor();
        break;
      default:
        if (examples[odd].target.defined())
          examples[odd].target = Tensor();
        else
          examples[odd].target = p.tensor("the odd one", shape, draw);
    }
    p.given("the example that may not fit", odd);
    if (const auto batch = p.call("collate(examples)", [&] { return collate(examples); }))
      see(p, "the batch", *batch);
  });
}

TEST_CASE("5.3  batches of many examples, and from four threads, beside the reference") {
  beside_reference(6, [](Program& p) {
    const bool trained = p.number() % 2 == 0;
    const DType dtype = trained ? p.pick({float32, float64}) : any_dtype(p);
    const Tensor rows =
        p.tensor("rows", {p.between(100, 400), p.between(1, 9)},
                 {.dtype = dtype, .values = Draw::digits, .requires_grad = trained});
    const TensorDataset dataset(rows, rows);
    std::vector<Example> examples;
    for (std::int64_t i = 0; i < dataset.size(); ++i) examples.push_back(dataset.get(i));
    const auto batch = p.call("collate(all rows)", [&] { return collate(examples); });
    if (batch) see(p, "the batch", *batch);
    const auto batches = at_once(4, [&](std::size_t i) {
      Example last;
      for (std::size_t time = 0; time < 5; ++time)
        last = collate(std::span(examples).subspan(10 * i, 3 + i));
      return last;
    });
    for (std::size_t i = 0; i < batches.size(); ++i)
      see(p, text("the batch that thread ", i, " made"), *batches[i]);
    // One does not fit, wherever it stands.
    const auto odd = static_cast<std::size_t>(p.between(1, dataset.size() - 1));
    Example& example = examples[odd];
    switch (p.number() % 3) {
      case 0:
        example.data = zeros({rows.size(1) + 1}, dtype);
        break;
      case 1:
        example.target = example.target.to(dtype == float32 ? float64 : float32);
        break;
      default:
        example.target = Tensor();
    }
    p.with_words().call(text("collate(all rows), of which row ", odd, " does not fit"),
                        [&] { return collate(examples); });
  });
}

TEST_CASE("5.3  examples on several devices, beside the reference") {
  if (!cuda::is_available()) return;
  beside_reference(20, [](Program& p) {
    const std::int64_t count = p.length(4, 2);
    const bool one_moves = p.chance(0.5);  // else the data is on one device, the targets on another
    const Device device = p.pick({cpu, cuda_device});
    const auto other = device == cpu ? cuda_device : cpu;
    const std::int64_t odd = p.between(0, count - 1);
    const bool of_target = p.chance(0.5);
    const Shape shape = p.shape(0, 2, 4, 1);
    std::vector<Example> examples;
    for (std::int64_t i = 0; i < count; ++i) {
      const bool moves = one_moves && i == odd;
      examples.push_back(
          {p.tensor(text("data ", i), shape, {.device = moves && !of_target ? other : device}),
           p.tensor(text("target ", i), {},
                    {.device = one_moves == (moves && of_target) ? other : device})});
    }
    if (const auto batch = p.call("collate(examples)", [&] { return collate(examples); }))
      see(p, "the batch", *batch);
  });
}

// 5.4 --------------------------------------------------------------------------------------------

namespace {

/// A batch that says which it is, and in every second one an error, too.
Fetched fetched(std::int64_t number) {
  Fetched made;
  made.batch.data = tensor({number, number + 1});
  if (number % 3 == 0) made.batch.target = tensor(-number);
  if (number % 2 == 0) made.error = std::make_exception_ptr(Error(text("of batch ", number)));
  made.generator = Generator(static_cast<std::uint64_t>(number));
  return made;
}

std::string described(const std::optional<Fetched>& got) {
  if (!got) return "std::nullopt";
  std::string error = "none";
  if (got->error) try {
      std::rethrow_exception(got->error);
    } catch (const std::exception& e) {
      error = e.what();
    }
  const Example& batch = got->batch;
  return text("batch ", batch.data.defined() ? text(batch.data.to_vector<std::int64_t>()[0]) : "?",
              ", target ",
              batch.target.defined() ? text(batch.target.item<std::int64_t>()) : "none", ", error ",
              error, ", generator of ", got->generator.initial_seed());
}

}  // namespace

TEST_CASE("5.4  random queues in turn, of which nobody has to wait, beside the reference") {
  beside_reference(100, [](Program& p) {
    struct Side {
      PrefetchQueue queue;
      std::size_t capacity, ready = 0;
      bool closed = false;
      explicit Side(std::size_t many) : queue(many), capacity(many) {}
    };
    std::vector<std::unique_ptr<Side>> sides;
    for (int i = 0; i < 2; ++i) {
      std::size_t capacity = static_cast<std::size_t>(p.length(6, 1));
      if (p.chance(0.1)) capacity = std::size_t{1} << p.between(30, 62);
      sides.push_back(std::make_unique<Side>(capacity));
    }
    std::int64_t number = 0;
    std::vector<std::pair<std::int64_t, std::weak_ptr<TensorImpl>>> pushed;
    const std::int64_t eager = p.between(1, 9);  // the more, the longer a queue becomes
    for (int step = 0; step < 40; ++step) {
      const std::int64_t which = p.between(0, 1);
      Side& side = *sides[static_cast<std::size_t>(which)];
      const std::string of = text(" of queue ", which, ", capacity ", side.capacity);
      switch (p.between(0, 9) < eager ? 0 : p.between(1, 6)) {
        case 0: {
          Fetched next = fetched(++number);
          pushed.emplace_back(number, next.batch.data.shared_impl());
          p.call(text("push(", number, ")", of), [&] { side.queue.push(std::move(next)); });
          side.ready += side.closed ? 0 : 1;
          break;
        }
        case 1:
        case 2:
          if (side.ready < side.capacity || side.closed)
            p.compare("wait_for_room()" + of, [&] { return side.queue.wait_for_room(); });
          break;
        case 3:
        case 4:
        case 5:
          if (side.ready > 0 || side.closed) {
            p.compare("pop()" + of, [&] { return described(side.queue.pop()); });
            side.ready -= side.closed ? 0 : 1;
          }
          break;
        default:
          if (!p.chance(0.3)) break;
          p.call("close()" + of, [&] { side.queue.close(); });
          side.closed = true;
          side.ready = 0;
      }
      std::vector<std::int64_t> held;
      for (const auto& [which_one, batch] : pushed)
        if (!batch.expired()) held.push_back(which_one);
      p.see("the batches that are still in memory", held);
    }
  });
}

TEST_CASE("5.4  a worker and a trainer in threads of their own, beside the reference") {
  beside_reference(40, [](Program& p) {
    p.allow_any_work();  // how far ahead the worker comes is not the same each time
    const auto capacity = static_cast<std::size_t>(p.length(5, 1));
    const std::int64_t batches = p.between(1, 300), wanted = p.between(0, batches);
    const bool worker_closes = p.chance(0.3);
    p.given("capacity", capacity);
    p.given("batches", text(batches, ", of which the trainer takes ", wanted));
    const auto queue = std::make_shared<PrefetchQueue>(capacity);
    std::vector<std::int64_t> taken;
    bool refused = false;
    p.call("the worker pushes, the trainer pops, and one of them closes the queue", [&] {
      std::jthread worker([&] {
        for (std::int64_t i = 0; i < batches; ++i) {
          if (!queue->wait_for_room()) return void(refused = true);
          queue->push(fetched(i));
        }
        if (worker_closes && wanted == batches) return;  // what is ready would be given up
        refused = !queue->wait_for_room();
      });
      for (std::int64_t i = 0; i < wanted; ++i) {
        const std::optional<Fetched> got = queue->pop();
        if (!got) break;
        taken.push_back(got->batch.data.to_vector<std::int64_t>()[0]);
      }
      if (wanted < batches || !worker_closes) queue->close();
    });
    p.see("the batches that the trainer took", taken);
    if (wanted + std::int64_t(capacity) < batches)
      p.see("whether the worker was told to stop", refused);
    p.see("what pop() gives in the end, closed", [&] {
      queue->close();
      return described(queue->pop());
    }());
  });
}

TEST_CASE("5.4  random loaders with workers, beside the reference") {
  beside_reference(25, [](Program& p) {
    struct Numbers : Dataset {
      std::int64_t count = 0, broken = -1;
      Example get(std::int64_t i) const override {
        if (i == broken) fail("example ", i, " is broken");
        return {tensor({static_cast<double>(i)}) + rand({1}), tensor(i)};
      }
      std::int64_t size() const override { return count; }
    } numbers;
    numbers.count = p.length(60, 1);
    if (p.chance(0.3)) numbers.broken = p.between(0, numbers.count - 1);
    DataLoaderOptions options{.batch_size = p.between(1, 5), .shuffle = p.chance(0.5)};
    options.num_workers = static_cast<int>(p.length(8, 1));
    options.prefetch_factor = static_cast<int>(p.between(1, 3));
    DataLoader loader(numbers, options);
    const std::int64_t leave_after = p.chance(0.5) ? p.between(1, 9) : 1000;
    p.given("workers", options.num_workers);
    p.with_words().allow_any_work();  // how far ahead they come is not the same each time
    for (int epoch = 0; epoch < 2; ++epoch) {
      std::int64_t seen = 0;
      Tensors batches;
      p.call(text("a loop over a loader, epoch ", epoch), [&] {
        for (auto& [x, y] : loader) {
          batches.push_back(x);
          batches.push_back(y);
          if (++seen == leave_after) break;
        }
      });
      p.see("its batches", batches);
    }
  });
}

// 5.5 --------------------------------------------------------------------------------------------

namespace {

/// Bytes in memory that ends where they end: whoever reads on crashes.
class ExactMemory {
 public:
  explicit ExactMemory(const std::string& bytes) {
    const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
    size_ = (bytes.size() / page + 2) * page;
    void* const all = mmap(nullptr, size_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANON, -1, 0);
    check(all != MAP_FAILED, "no memory for a file of ", bytes.size(), " bytes");
    all_ = static_cast<std::byte*>(all);
    std::byte* const begin = all_ + (size_ - page) - bytes.size();
    std::memcpy(begin, bytes.data(), bytes.size());
    mprotect(all_ + (size_ - page), page, PROT_NONE);
    bytes_ = {begin, bytes.size()};
  }
  ~ExactMemory() { munmap(all_, size_); }
  ExactMemory(const ExactMemory&) = delete;
  std::span<const std::byte> bytes() const { return bytes_; }

 private:
  std::byte* all_;
  std::size_t size_;
  std::span<const std::byte> bytes_;
};

std::string big_endian(std::uint64_t value, std::size_t bytes) {
  std::string text;
  for (std::size_t i = bytes; i-- > 0;) text += static_cast<char>(value >> 8 * i);
  return text;
}

constexpr int idx_types[] = {0x08, 0x09, 0x0B, 0x0C, 0x0D, 0x0E};

std::size_t size_of_idx(int type) {
  return type == 0x0E ? 8 : type == 0x0D || type == 0x0C ? 4 : type == 0x0B ? 2 : 1;
}

/// An element of such a file: all its bits at random, or a number that people meet.
std::string idx_element(Program& p, int type) {
  const std::size_t size = size_of_idx(type);
  const std::uint64_t bits = std::uint64_t(p.random()()) << 32 | p.random()();
  if (p.chance(0.3)) return big_endian(bits, size);
  double value = double(p.between(-1000, 1000)) / (p.chance(0.3) ? 7 : 1);
  using Limits = std::numeric_limits<double>;
  if (p.chance(0.1))
    value = p.pick({Limits::quiet_NaN(), Limits::infinity(), -Limits::infinity(), -0.0, 0x1p63,
                    -0x1p63, 1e39, Limits::denorm_min()});
  if (type == 0x0E) return big_endian(std::bit_cast<std::uint64_t>(value), size);
  if (type == 0x0D)
    return big_endian(std::bit_cast<std::uint32_t>(static_cast<float>(value)), size);
  return big_endian(bits & p.pick<std::uint64_t>({0xFF, 0xFFFFFFFF, 0x80, 0x7F}), size);
}

/// A whole file of that shape.
std::string idx_file(Program& p, int type, const Shape& shape) {
  std::string file{'\0', '\0', static_cast<char>(type), static_cast<char>(shape.size())};
  for (const std::int64_t length : shape) file += big_endian(std::uint64_t(length), 4);
  for (std::int64_t i = 0; i < numel(shape); ++i) file += idx_element(p, type);
  return file;
}

IdxOptions any_idx_options(Program& p) {
  IdxOptions options;
  if (p.chance(0.5)) options.dtype = p.pick({float32, float64, int64});
  if (p.chance(0.3)) options.divisor = p.pick({255., 2., 0.1});
  return options;
}

std::string described(const IdxOptions& options) {
  return text(".dtype = ", options.dtype ? text(*options.dtype) : "none",
              ", .divisor = ", options.divisor);
}

std::string hex(const std::string& file) {
  std::string out;
  for (const unsigned char byte : file.substr(0, 80)) {
    out += "0123456789abcdef"[byte >> 4];
    out += "0123456789abcdef"[byte & 15];
    out += ' ';
  }
  return out + (file.size() > 80 ? "…" : "") + text("(", file.size(), " bytes)");
}

const std::string idx_name = "a folder/some.idx";

/// Errors begin with the name of the file, and no memory is taken for what is not there.
std::optional<Tensor> parse(Program& p, const std::string& file, const IdxOptions& options) {
  const ExactMemory memory(file);
  std::size_t taken = 0;  // what follows the call takes memory of its own
  std::string said;
  const auto read = p.call(text("parse_idx() of ", hex(file), " with ", described(options)), [&] {
    const LargestAllocation largest;
    try {
      Tensor read = parse_idx(memory.bytes(), idx_name, options);
      taken = largest.bytes();
      return read;
    } catch (const Error& error) {
      taken = largest.bytes();
      said = error.what();
      throw;
    }
  });
  p.see("whether it took memory for what is not there", taken > 16 * file.size() + (1 << 16));
  p.see("whether its error begins with the name", said.starts_with(idx_name + ": "));
  return read;
}

}  // namespace

TEST_CASE("5.5  random files, beside the reference") {
  beside_reference(200, [](Program& p) {
    const int type = idx_types[p.between(0, 5)];
    Shape shape = p.shape(0, 6, 9, 0, 500);
    if (p.chance(0.15)) {  // more axes than a signed byte counts
      shape = Shape(static_cast<std::size_t>(p.between(60, 255)), 1);
      for (int i = 0; i < 3; ++i)
        shape[static_cast<std::size_t>(p.between(0, std::ssize(shape) - 1))] = p.between(0, 3);
    } else if (p.chance(0.1)) {  // a length of 32 bits, of nothing
      shape = {0, p.between(1, std::int64_t{UINT32_MAX})};
      if (p.chance(0.5)) std::swap(shape[0], shape[1]);
    } else if (p.chance(0.1)) {  // the length needs its second byte, or its third
      shape = {p.between(256, p.chance(0.2) ? 70'000 : 900)};
    }
    const std::string file = idx_file(p, type, shape);
    const IdxOptions options = any_idx_options(p);
    if (const auto read = parse(p, file, options)) p.see("the tensor", *read, exact);
  });
}

TEST_CASE("5.5  random files cut at every length, or damaged, beside the reference") {
  beside_reference(40, [](Program& p) {
    const int type = idx_types[p.between(0, 5)];
    const std::string file = idx_file(p, type, p.shape(0, 4, 4, 0, 24));
    const IdxOptions options = any_idx_options(p);
    for (std::size_t length = 0; length < file.size(); ++length)
      parse(p, file.substr(0, length), options);
    parse(p, file + '\0', options);
    parse(p, file + file, options);
    parse(p, file + std::string(static_cast<std::size_t>(p.between(1, 8)), p.pick({'\0', '\n'})),
          options);
    for (int time = 0; time < 30; ++time) {
      std::string damaged = file;
      for (std::int64_t bytes = p.between(1, 3); bytes > 0; --bytes)
        damaged[static_cast<std::size_t>(
            p.between(0, std::min<std::int64_t>(p.chance(0.8) ? 19 : 999, std::ssize(file) - 1)))] =
            static_cast<char>(p.chance(0.5) ? p.between(0, 255)
                                            : p.pick({0, 1, 2, 4, 0x0D, 0x40, 0x7F, 0x80, 0xFF}));
      if (const auto read = parse(p, damaged, options)) p.see("the tensor", *read, exact);
    }
  });
}

TEST_CASE("5.5  claims of sizes that nobody can count, beside the reference") {
  beside_reference(60, [](Program& p) {
    // Lengths whose product, in elements or in bytes, is 0 or little in 32 or in 64 bits.
    const int type = idx_types[p.between(0, 5)];
    const std::size_t size = size_of_idx(type);
    std::int64_t powers = p.pick({32, 64, 96}) - (p.chance(0.5) ? std::countr_zero(size) : 0);
    Shape shape;
    while (powers > 0) {
      const std::int64_t some = std::min<std::int64_t>(powers, p.between(1, 31));
      shape.push_back(std::int64_t{1} << some);
      powers -= some;
    }
    if (p.chance(0.3)) shape.insert(shape.begin() + p.between(0, std::ssize(shape)), 0);
    std::string file{'\0', '\0', static_cast<char>(type), static_cast<char>(shape.size())};
    for (const std::int64_t length : shape) file += big_endian(std::uint64_t(length), 4);
    file += std::string(static_cast<std::size_t>(p.chance(0.6) ? 0 : p.between(0, 9)), '\1');
    if (const auto read = parse(p, file, any_idx_options(p))) p.see("the tensor", *read, exact);
  });
}

TEST_SUITE_END();
