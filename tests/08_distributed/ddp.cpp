#include "kindling/ddp.h"

#include <doctest/doctest.h>

#include <chrono>
#include <cmath>
#include <string>
#include <thread>

#include "kindling/distributed.h"
#include "kindling/loss.h"
#include "kindling/nn.h"
#include "kindling/ops.h"
#include "kindling/optim.h"
#include "kindling/serialize.h"
#include "testing/files.h"
#include "train_in_parts.h"

using namespace kindling;
using namespace kindling::distributed;
using kindling::testing::Net;

TEST_CASE("N ranks with batches of B/N come to the weights of one with B") {
  for (const DType dtype : {float32, float64}) {
    const StateDict alone = [&] {
      StateDict state;
      spawn(1, [&](ProcessGroup& group) { state = testing::train_in_parts(group, dtype, 20); });
      return state;
    }();
    for (const int ranks : {2, 3, 4})
      spawn(ranks, [&](ProcessGroup& group) {
        const StateDict together = testing::train_in_parts(group, dtype, 20);
        const double difference = testing::relative_difference(together, alone);
        CAPTURE(ranks);
        CHECK(difference < (dtype == float32 ? 1e-6 : 1e-14));
      });
  }
}

TEST_CASE("every rank begins with rank 0's parameters and buffers") {
  struct Counting : nn::Module {
    nn::Linear& head = add<nn::Linear>("head", 2, 3);
    Tensor& count = buffer("count", zeros({1}, int64));
    Tensor forward(const Tensor& x) override { return head(x); }
  };
  spawn(3, [](ProcessGroup& group) {
    manual_seed(group.rank());
    Counting module;
    module.count.fill_(5 + group.rank());
    manual_seed(0);
    Counting first;
    nn::DistributedDataParallel model(module, group);
    CHECK(equal(module.head.weight, first.head.weight));
    CHECK(module.count.item<std::int64_t>() == 5);
    // What training does to a buffer on other ranks is overwritten at the next step.
    module.count.fill_(group.rank());
    model(zeros({1, 2}));
    CHECK(module.count.item<std::int64_t>() == 0);
    CHECK(model.state_dict()[1].first == "head.weight");  // not module.head.weight
  });
}

TEST_CASE("other models on other ranks are refused, naming the first parameter that differs") {
  spawn(3, [](ProcessGroup& group) {
    nn::Sequential module;
    module.append<nn::Linear>(2, 4).append<nn::Linear>(4, group.rank() == 2 ? 5 : 3);
    CHECK_THROWS_WITH(nn::DistributedDataParallel(module, group),
                      "DistributedDataParallel: expected the same model on all ranks, but rank 0 "
                      "has parameter 1.weight, float32 [3, 4], and rank 2 has parameter 1.weight, "
                      "float32 [5, 4]");
  });
}

TEST_CASE("a parameter without a gradient is named") {
  struct Half : nn::Module {
    nn::Linear& used = add<nn::Linear>("used", 2, 2);
    nn::Linear& unused = add<nn::Linear>("unused", 2, 2);
    Tensor forward(const Tensor& x) override { return used(x); }
  };
  spawn(2, [](ProcessGroup& group) {
    Half module;
    nn::DistributedDataParallel model(module, group);
    CHECK_THROWS_WITH(sum(model(ones({1, 2}))).backward(),
                      doctest::Contains(("on rank " + std::to_string(group.rank()) +
                                         " backward() brought none to unused.weight, unused.bias")
                                            .c_str()));
  });
  spawn(2, [](ProcessGroup& group) {  // frozen, it need not have one
    Half module;
    module.unused.requires_grad_(false);
    nn::DistributedDataParallel model(module, group);
    sum(model(ones({1, 2}))).backward();
  });
}

TEST_CASE("after a backward that failed, the model computes no more wrong gradients") {
  for (const bool hook_throws : {true, false})
    spawn(2, [hook_throws](ProcessGroup& group) {
      struct Half : nn::Module {
        nn::Linear& used = add<nn::Linear>("used", 2, 2);
        nn::Linear& sometimes = add<nn::Linear>("sometimes", 2, 2);
        bool all = false;
        Tensor forward(const Tensor& x) override { return all ? sometimes(used(x)) : used(x); }
      } module;
      nn::DistributedDataParallel model(module, group);
      module.all = hook_throws;
      if (hook_throws)
        module.used.weight.register_post_accumulate_grad_hook(
            [](Tensor&) { fail("a hook of the user's"); });
      CHECK_THROWS_AS(sum(model(ones({1, 2}))).backward(), Error);
      const auto refused = doctest::Contains(
          "the last backward() ended with an error before all gradients were averaged");
      CHECK_THROWS_WITH(model(ones({1, 2})), refused);
      CHECK_THROWS_WITH(sum(module(ones({1, 2}))).backward(), refused);
      // Some buckets are on their way.
    });
}

TEST_CASE("parameters that change after the model was built are refused") {
  spawn(2, [](ProcessGroup& group) {
    nn::Linear module(2, 1);
    nn::DistributedDataParallel model(module, group);
    module.weight.requires_grad_(false);
    CHECK_THROWS_WITH(model(ones({1, 2})),
                      doctest::Contains("weight was float32 on cpu when this model was built, and "
                                        "now is float32 on cpu, frozen."));
    module.weight.requires_grad_(true);
    module.to(float64);
    CHECK_THROWS_WITH(model(ones({1, 2}, float64)), doctest::Contains("now is float64 on cpu."));
    module.to(float32);
    sum(model(ones({1, 2}))).backward();
  });
}

TEST_CASE("a hook of the user's comes after the gradient's departure, in every step") {
  spawn(2, [](ProcessGroup& group) {
    manual_seed(1);
    nn::Linear module(1, 1);
    nn::DistributedDataParallel model(module, group);
    module.weight.register_post_accumulate_grad_hook([](Tensor& leaf) {
      NoGrad guard;
      leaf.grad().mul_(100);
    });
    for (int step = 0; step < 3; ++step) {
      module.zero_grad();
      sum(model(full({1, 1}, group.rank() + 1.))).backward();
      CHECK(module.weight.grad().item() == 1.5);
    }
  });
}

TEST_CASE("under no_sync gradients add up, and the next backward averages the sums") {
  spawn(2, [](ProcessGroup& group) {
    manual_seed(1);
    nn::Linear module(3, 1);
    nn::DistributedDataParallel model(module, group);
    const Tensor x = ones({1, 3}) * (group.rank() + 1);
    {
      const auto guard = model.no_sync();
      sum(model(x)).backward();
    }
    CHECK(equal(module.weight.grad(), x));  // this rank's own
    sum(model(x)).backward();
    CHECK(equal(module.weight.grad(), full({1, 3}, 3.)));  // mean of 2 and 4
  });
}

TEST_CASE("buckets set out while backward is still computing, in the same order on all ranks") {
  spawn(2, [](ProcessGroup& group) {
    manual_seed(1);
    Net module;
    nn::DistributedDataParallel model(module, group, {.bucket_bytes = 64});
    std::chrono::steady_clock::time_point last_gradient;
    Tensor first_weight = module.parameters()[0];
    first_weight.register_post_accumulate_grad_hook([&](Tensor&) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
      last_gradient = std::chrono::steady_clock::now();
    });
    for (int step = 0; step < 2; ++step) sum(model(ones({2, 8}))).backward();
    const auto& journeys = model.reducer().journeys();
    CHECK(journeys.size() > 2);
    for (std::size_t i = 1; i < journeys.size(); ++i)
      CHECK(journeys[i - 1].began <= journeys[i].began);
    CHECK(journeys[0].began < last_gradient);

    const Tensor bytes = tensor(std::vector<std::int64_t>(journeys.size()));
    for (std::size_t i = 0; i < journeys.size(); ++i)
      bytes.data_ptr<std::int64_t>()[i] = journeys[i].bytes;
    const Tensor of_rank_0 = bytes.clone();
    group.broadcast(of_rank_0, 0);
    CHECK(equal(bytes, of_rank_0));
  });
}

TEST_CASE("a checkpoint of rank 0 goes on on another number of ranks") {
  const testing::TemporaryFolder folder;
  const auto path = folder.path() / "run.safetensors";
  const auto run = [&](int ranks, int from, int to) {
    StateDict state;
    spawn(ranks, [&](ProcessGroup& group) {
      const StateDict own = testing::train_in_parts(group, float64, to, path, from);
      if (group.rank() == 0) state = own;
    });
    return state;
  };
  const StateDict whole = run(1, 0, 12);
  run(2, 0, 6);
  CHECK(testing::relative_difference(run(3, 6, 12), whole) < 1e-14);
}
