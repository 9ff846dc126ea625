/// A rank of the tests with real processes: `job SCENARIO`, started by mpirun. What is wrong is
/// said by the exit status.
#ifdef __linux__
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#endif
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <iostream>
#include <map>
#include <string>
#include <thread>

#include "../collectives.h"
#include "../train_in_parts.h"
#include "kindling/cuda.h"

using namespace kindling;
using namespace kindling::distributed;
using namespace std::chrono_literals;

namespace {

std::filesystem::path folder;  // argv[2], if the scenario needs one

/// As Docker does by default: no process may read another's memory, not even one of the same user.
void forbid_reads() {
#ifdef __linux__
  sock_filter rules[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_process_vm_readv, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  const sock_fprog program = {.len = std::size(rules), .filter = rules};
  check(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
            prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0,
        "job: seccomp filters are not available here");
#endif
}

void all_operations(ProcessGroup& group) {
  for (const DType dtype : {bool_, int64, float32, float64})
    testing::check_collectives(group, dtype);
  for (const DType dtype : {float32, float64}) testing::check_extremes(group, dtype);
  testing::check_ring(group);
  const char* rank = std::getenv("RANK");
  const char* local_rank = std::getenv("LOCAL_RANK");
  const char* world_size = std::getenv("WORLD_SIZE");
  check(rank && local_rank && world_size && std::stoi(rank) == group.rank() &&
            std::stoi(local_rank) == group.local_rank() &&
            std::stoi(world_size) == group.world_size(),
        "RANK, LOCAL_RANK and WORLD_SIZE are not what the group says");
}

/// The weights of one rank, which is a thread of this process and computes on the CPU, against
/// those of all processes.
void equality(ProcessGroup& group, Device device) {
  for (const DType dtype : {float32, float64}) {
    const StateDict together = testing::train_in_parts(group, dtype, 20, {}, 0, device);
    StateDict alone;
    spawn(1, [&](ProcessGroup& one) { alone = testing::train_in_parts(one, dtype, 20); });
    const double difference = testing::relative_difference(together, alone);
    check(difference < (dtype == float32 ? 1e-6 : 1e-14),
          "equality: the weights differ by a part of ", difference);
  }
}
void equality(ProcessGroup& group) { equality(group, cpu); }

/// Through the CPU's memory, and then, if each rank has a GPU of its own, by NCCL.
void between_gpus(ProcessGroup& group) {
  if (!cuda::is_available()) {
    if (group.rank() == 0) std::cout << "between_gpus: skipped, there is no CUDA device\n";
    return;
  }
  const Device gpu{Device::Type::cuda, group.local_rank() % cuda::device_count()};
  testing::check_collectives(group, float32, gpu);
  const bool by_nccl = group.use_device(gpu);
  if (group.rank() == 0) std::cout << "between_gpus: " << group.name() << "\n";
  check(by_nccl == (group.name().find("between GPUs NCCL") != std::string::npos) &&
            (by_nccl || !cuda::is_simulated()),
        "between_gpus: ", group.name());
  for (const DType dtype : {bool_, int64, float32, float64})
    testing::check_collectives(group, dtype, gpu);
  for (const DType dtype : {float32, float64}) testing::check_extremes(group, dtype, gpu);
  const Tensor large = full({300'000}, group.rank() + 1., float32, gpu);  // in several pieces
  group.all_reduce(large, ReduceOp::max);
  testing::check_equal("a large all_reduce", large,
                       full({300'000}, double(group.world_size()), float32, gpu));
  equality(group, gpu);
}

void save(ProcessGroup& group) {
  testing::train_in_parts(group, float64, 6, folder / "run.safetensors");
}

void resume(ProcessGroup& group) {
  const StateDict state =
      testing::train_in_parts(group, float64, 12, folder / "run.safetensors", 6);
  StateDict whole;
  spawn(1, [&](ProcessGroup& one) { whole = testing::train_in_parts(one, float64, 12); });
  check(testing::relative_difference(state, whole) < 1e-14, "resume: other weights");
}

void two_steps(ProcessGroup& group) {
  const Tensor x = zeros({3});
  for (int i = 0; i < 2; ++i) group.all_reduce(x);
}

void dies(ProcessGroup& group) {
  two_steps(group);
  if (group.rank() == 1) {
    std::this_thread::sleep_for(500ms);  // the others wait by then, on a busy machine, too
    kill(getpid(), SIGKILL);
  }
  group.all_reduce(zeros({3}));
}

/// While kernels of the other ranks wait for those of this one.
void dies_between_gpus(ProcessGroup& group) {
  const Device gpu = take_gpu(group);
  const Tensor x = zeros({1 << 20}, float32, gpu);
  for (int i = 0; i < 2; ++i) group.all_reduce(x);
  const Work work = group.all_reduce(x, ReduceOp::sum, async_op);
  if (group.rank() == 1) kill(getpid(), SIGKILL);
  work.wait();
  group.all_reduce(x);
  cuda::synchronize(gpu.index);
}

void throws(ProcessGroup& group) {
  two_steps(group);
  if (group.rank() > 0) throw std::runtime_error("out of paper");
  group.all_reduce(zeros({3}));
}

void differs(ProcessGroup& group) {
  two_steps(group);
  if (group.rank() == 1)
    group.broadcast(zeros({3}), 0);
  else
    group.all_reduce(zeros({3}));
}

void differs_between_gpus(ProcessGroup& group) {
  const Tensor x = zeros({3}, float32, take_gpu(group));
  group.all_reduce(x);
  group.all_reduce(group.rank() == 1 ? zeros({4}, float32, x.device()) : x);
}

void uneven(ProcessGroup& group) {
  for (int i = 0; i < 3 + group.rank(); ++i) group.all_reduce(zeros({3}));
}

void short_message(ProcessGroup& group) {
  if (group.rank() == 0) group.send(zeros({2}), 1);
  if (group.rank() == 1) group.recv(zeros({3}), 0);
  group.barrier();
}

/// One rank is busy with something else, while the others wait.
void stays_away(ProcessGroup& group) {
  two_steps(group);
  if (group.rank() == 1) std::this_thread::sleep_for(60s);
  group.all_reduce(zeros({3}));
}

void nobody_sends(ProcessGroup& group) {
  two_steps(group);
  group.recv(zeros({2}), (group.rank() + 1) % group.world_size());
}

/// Others wait so long that they tell each other, and then all go on, and leave.
void comes_late(ProcessGroup& group) {
  for (int late = 0; late < group.world_size(); ++late) {
    if (group.rank() == late) std::this_thread::sleep_for(500ms);
    const Tensor x = ones({3});
    group.all_reduce(x);
    testing::check_equal("all_reduce", x, full({3}, double(group.world_size())));
  }
}

void exits(ProcessGroup& group) {
  two_steps(group);
  if (group.rank() == 1) std::_Exit(0);
  group.all_reduce(zeros({3}));
}

}  // namespace

int main(int argc, char** argv) {
  if (std::getenv("KINDLING_TEST_IN_A_CONTAINER")) forbid_reads();
  const std::map<std::string, void (*)(ProcessGroup&)> scenarios = {
      {"all_operations", all_operations},
      {"between_gpus", between_gpus},
      {"equality", equality},
      {"save", save},
      {"resume", resume},
      {"dies", dies},
      {"dies_between_gpus", dies_between_gpus},
      {"throws", throws},
      {"differs", differs},
      {"differs_between_gpus", differs_between_gpus},
      {"uneven", uneven},
      {"short_message", short_message},
      {"stays_away", stays_away},
      {"nobody_sends", nobody_sends},
      {"comes_late", comes_late},
      {"exits", exits}};
  if (argc > 2) folder = argv[2];
  ProcessGroupOptions options;
  const std::string list = argv[1];
  if (list == "impatient") options.timeout = 1ms;  // which no MPI begins within
  if (list == "never_joins" || list == "stays_away" || list == "nobody_sends") options.timeout = 5s;
  const char* rank = std::getenv("OMPI_COMM_WORLD_RANK");
  if (list == "never_joins" && rank == std::string("1")) std::this_thread::sleep_for(60s);
  const auto program = [&](ProcessGroup& group) {
    for (std::string list = argv[1]; !list.empty();) {
      const std::string name = list.substr(0, list.find(','));
      list.erase(0, name.size() + 1);
      scenarios.at(name)(group);
    }
    if (group.rank() == 0) std::cout << argv[1] << ": done\n";
  };
  return run(program, options);
}
