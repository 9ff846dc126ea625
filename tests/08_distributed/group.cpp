#include <doctest/doctest.h>

#include <string>
#include <thread>

#include "collectives.h"
#include "kindling/cuda.h"
#include "kindling/distributed.h"
#include "kindling/ops.h"
#include "testing/oracle.h"

using namespace kindling;
using namespace kindling::distributed;
using namespace std::chrono_literals;

/// What spawn() throws.
static std::string error_of(int ranks, const std::function<void(ProcessGroup&)>& program,
                            const ProcessGroupOptions& options = {}) {
  try {
    spawn(ranks, program, options);
  } catch (const std::exception& error) {
    return error.what();
  }
  return "nothing";
}

TEST_CASE("every operation, on every dtype, by ranks that are threads") {
  for (const int ranks : {1, 2, 3, 4})
    for (const DType dtype : {bool_, int64, float32, float64})
      spawn(ranks, [dtype](ProcessGroup& group) { testing::check_collectives(group, dtype); });
}

TEST_CASE("every operation on the memory of GPUs") {
  if (!cuda::is_available()) {
    MESSAGE("skipped: operations on the memory of GPUs, as there is no CUDA device");
    return;
  }
  for (const DType dtype : {bool_, int64, float32, float64})
    spawn(2, [dtype](ProcessGroup& group) {
      testing::check_collectives(group, dtype,
                                 {Device::Type::cuda, group.local_rank() % cuda::device_count()});
    });
}

TEST_CASE("the largest and the smallest are NaN on every rank, whichever rank has it") {
  for (const int ranks : {1, 2, 3, 4})
    for (const DType dtype : {float32, float64})
      spawn(ranks, [dtype](ProcessGroup& group) {
        testing::check_extremes(group, dtype);
        if (cuda::is_available()) testing::check_extremes(group, dtype, cuda_device);
      });
}

TEST_CASE("a ring of send and recv sums up like all_reduce") {
  for (const int ranks : {1, 2, 3, 5}) spawn(ranks, testing::check_ring);
}

TEST_CASE("a sum does not depend on which rank comes last") {
  std::vector<float> sums;
  for (int late = 0; late < 3; ++late)
    spawn(3, [&](ProcessGroup& group) {
      if (group.rank() == late) std::this_thread::sleep_for(5ms);
      const Tensor x = tensor({std::vector{1e8, 1.0, -1e8}[group.rank()]});
      group.all_reduce(x);
      if (group.rank() == 0) sums.push_back(x.item<float>());
    });
  CHECK(sums == std::vector<float>(3, sums[0]));
}

TEST_CASE("a process that nobody launched is a job of one rank") {
  const auto group = init_process_group();
  CHECK(group->rank() == 0);
  CHECK(group->world_size() == 1);
  testing::check_collectives(*group, float32);
  group->leave();
}

TEST_CASE("arguments are checked on the rank that gives them") {
  spawn(1, [](ProcessGroup& group) {
    const Tensor x = zeros({2});
    CHECK_THROWS_WITH(group.broadcast(x, 1),
                      "broadcast: expected src to be a rank from 0 to 0, got 1");
    CHECK_THROWS_WITH(group.all_reduce(arange(2), ReduceOp::avg),
                      "all_reduce: expected a floating-point dtype to average, got int64");
    CHECK_THROWS_WITH(group.all_gather(zeros({2, 2}), x),
                      "all_gather: expected a tensor of 1 times as many elements as shape [2] has, "
                      "got shape [2, 2]");
    CHECK_THROWS_WITH(group.all_gather(arange(2), x),
                      "all_gather: expected input and output of the same dtype, got int64 and "
                      "float32");
    CHECK_THROWS_WITH(group.isend(x, 0), "send: rank 0 cannot send to itself");
  });
}

TEST_CASE("ranks that call different operations are told who called what") {
  const auto differ = [](ProcessGroup& group) {
    const Tensor x = zeros({3});
    group.barrier();
    if (group.rank() == 1)
      group.broadcast(x, 0);
    else
      group.all_reduce(x);
  };
  CHECK(error_of(3, differ).find(
            "rank 0 called all_reduce(sum) of 3 float32 elements, and rank 1 broadcast from rank 0 "
            "of 3 float32 elements") != std::string::npos);
  const auto shapes = [](ProcessGroup& group) { group.all_reduce(zeros({3 + group.rank()})); };
  CHECK(error_of(2, shapes).find("rank 0 called all_reduce(sum) of 3 float32 elements, and rank 1 "
                                 "all_reduce(sum) of 4 float32 elements") != std::string::npos);
}

TEST_CASE("unequal work is an error, not a wait") {
  const auto uneven = [](ProcessGroup& group) {
    for (int i = 0; i < 3 + group.rank(); ++i) group.all_reduce(zeros({2}));
  };
  CHECK(error_of(2, uneven).find("rank 0 called leave, and rank 1 all_reduce(sum) of 2 float32 "
                                 "elements") != std::string::npos);
}

TEST_CASE("a rank that throws takes the others along, with its own words") {
  const auto program = [](ProcessGroup& group) {
    if (group.rank() == 2) throw std::runtime_error("out of paper");
    try {
      group.all_reduce(zeros({2}));
    } catch (const Error& error) {
      CHECK(std::string(error.what()) == "rank " + std::to_string(group.rank()) +
                                             ": all_reduce(sum) of 2 float32 elements: rank 2 has "
                                             "failed: out of paper");
      throw;
    }
  };
  CHECK(error_of(3, program) == "out of paper");
}

TEST_CASE("nobody waits for ever") {
  const auto program = [](ProcessGroup& group) {
    if (group.rank() == 0) group.recv(zeros({2}), 1);
    group.barrier();
  };
  CHECK(error_of(2, program, {.timeout = 50ms})
            .find("the other ranks did not answer within 0.05 "
                  "s") != std::string::npos);
  // Who is in whose way is said.
  const std::string text = error_of(
      2, [](ProcessGroup& group) { group.send(zeros({2}), 1 - group.rank()); }, {.timeout = 1s});
  CHECK_MESSAGE(
      text.find("rank 0 waits at send to rank 1 of 2 float32 elements; rank 1 waits at "
                "send to rank 0 of 2 float32 elements; and nobody receives") != std::string::npos,
      text);
}

TEST_CASE("recv says what came instead") {
  const auto program = [](ProcessGroup& group) {
    if (group.rank() == 0)
      group.send(zeros({2}), 1);
    else
      group.recv(zeros({3}), 0);
  };
  CHECK(error_of(2, program).find("recv: expected 3 float32 elements, got 2 float32") !=
        std::string::npos);
  CHECK_THROWS_WITH(
      spawn(2, [](ProcessGroup& group) { group.irecv(zeros({1}), 1 - group.rank(), -1); }),
      "recv: expected a tag that is not negative, got -1");
}

TEST_CASE("nothing is asked for after leave()") {
  CHECK_THROWS_WITH(spawn(2,
                          [](ProcessGroup& group) {
                            group.leave();
                            group.barrier();
                          }),
                    "barrier: this rank has left its group, by leave()");
}

TEST_CASE("processes that another launcher started do not each train by themselves") {
  for (const char* name : {"WORLD_SIZE", "PMI_SIZE", "SLURM_STEP_NUM_TASKS"}) {
    setenv(name, "4", 1);
    CHECK_THROWS_WITH(init_process_group(),
                      doctest::Contains((std::string(name) + " is 4, but Open MPI's mpirun did not "
                                                             "start this process")
                                            .c_str()));
    setenv(name, "1", 1);
    CHECK(init_process_group()->world_size() == 1);
    unsetenv(name);
  }
}

// DistributedSampler ------------------------------------------------------------------------------

TEST_CASE("DistributedSampler deals as PyTorch does") {
  for (const testing::Json& c : testing::load_oracle("random").at("distributed_samplers")) {
    const int ranks = c["num_replicas"];
    for (const testing::Json& epoch : c["epochs"])
      for (int rank = 0; rank < ranks; ++rank) {
        data::DistributedSampler sampler(
            c["n"], ranks, rank,
            {.shuffle = c["shuffle"], .seed = c["seed"], .drop_last = c["drop_last"]});
        sampler.set_epoch(epoch["epoch"]);
        INFO(c["n"].dump() << " examples, rank " << rank << " of " << ranks << ", epoch "
                           << epoch["epoch"].dump());
        CHECK(sampler.order() == epoch["ranks"][rank].get<data::Indices>());
        CHECK(sampler.size() == std::ssize(sampler.order()));
      }
  }
}
