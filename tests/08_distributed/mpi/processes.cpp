/// Ranks that are real processes, started as ./learn run --ranks N does.
#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>

#include "kindling/cuda.h"
#include "testing/files.h"
#include "tools/launch.h"
#include "tools/process.h"

using kindling::testing::TemporaryFolder;
using namespace std::chrono_literals;

namespace {

/// Whether processes can be started; says so, if not.
bool has_mpi() {
  if (learn::lacks_mpi().empty()) return true;
  MESSAGE("skipped: ranks that are processes, as " << learn::lacks_mpi());
  return false;
}

struct Job {
  int status = 0;
  std::string output;
  std::chrono::duration<double> seconds{};
};

Job run_job(int ranks, const std::string& scenarios, const std::string& argument = "") {
  // The leaks and orders of locks that sanitizers would complain of are Open MPI's own.
  setenv("ASAN_OPTIONS", "detect_leaks=0", 0);
  setenv("TSAN_OPTIONS", "detect_deadlocks=0", 0);
  const auto start = std::chrono::steady_clock::now();
  const learn::Outcome outcome = learn::capture(
      {.arguments = learn::launch_command({.ranks = ranks}, {KINDLING_JOB, scenarios, argument})});
  return {outcome.status, outcome.output, std::chrono::steady_clock::now() - start};
}

void succeeds(const Job& job) {
  INFO("output:\n" << job.output);
  CHECK(job.status == 0);
  CHECK(job.output.find(": done\n") != std::string::npos);
}

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t n = 0;
  for (std::size_t at = text.find(part); at != text.npos; at = text.find(part, at + 1)) ++n;
  return n;
}

/// How many processes run the job; none, where there is no /proc to look at.
int ranks_alive() {
  namespace fs = std::filesystem;
  int count = 0;
  std::error_code gone;  // processes end while we look
  for (const auto& process : fs::directory_iterator("/proc", gone))
    count += fs::read_symlink(process.path() / "exe", gone) == fs::path(KINDLING_JOB);
  return count;
}

/// The job ends with an error, soon, says `message` once, and leaves no process behind.
void fails(const Job& job, const std::string& message) {
  INFO("output:\n" << job.output);
  CHECK(job.status != 0);
  CHECK(job.seconds < 30s);
  CHECK(count(job.output, message) == 1);
  for (int i = 0; i < 100 && ranks_alive() > 0; ++i) std::this_thread::sleep_for(20ms);
  CHECK(ranks_alive() == 0);
}

}  // namespace

TEST_CASE(
    "every operation by MPI, the weights of one rank on several, and those of a run resumed") {
  if (!has_mpi()) return;
  const TemporaryFolder folder;
  succeeds(run_job(2, "all_operations,between_gpus,equality,save", folder.path()));
  succeeds(run_job(3, "resume,all_operations,between_gpus,equality", folder.path()));
  succeeds(run_job(4, "all_operations,between_gpus,equality"));
}

TEST_CASE("in a container that forbids ranks to read each other's memory, Open MPI is silent") {
  if (!has_mpi()) return;
  setenv("KINDLING_TEST_IN_A_CONTAINER", "1", 1);
  const Job job = run_job(2, "all_operations,equality");
  unsetenv("KINDLING_TEST_IN_A_CONTAINER");
  succeeds(job);
  CHECK(job.output.find("Read -1") == std::string::npos);
}

TEST_CASE(
    "with a host file there are as many ranks as slots, and they see what the program reads") {
  if (!has_mpi()) return;
  const TemporaryFolder folder;
  const auto hosts = folder.path() / "hosts";
  std::ofstream(hosts) << "localhost slots=3\n";
  setenv("KINDLING_TEST_OF_HOSTS", "seen", 1);
  const learn::Outcome outcome =
      learn::capture({.arguments = learn::launch_command(
                          {.hostfile = hosts},
                          {"sh", "-c", "echo $KINDLING_TEST_OF_HOSTS $RANK of $WORLD_SIZE"})});
  INFO(outcome.output);
  for (const char* line : {"seen 0 of 3", "seen 1 of 3", "seen 2 of 3"})
    CHECK(count(outcome.output, line) == 1);
  const auto command = learn::launch_command({.hostfile = hosts}, {"program"});
  const auto name = std::ranges::find(command, "KINDLING_TEST_OF_HOSTS");
  REQUIRE(name != command.end());  // localhost would have seen it anyway
  CHECK(*(name - 1) == "-x");
  unsetenv("KINDLING_TEST_OF_HOSTS");
}

TEST_CASE("a rank that fails ends the job, and says why") {
  if (!has_mpi()) return;
  fails(run_job(2, "throws"), "rank 1: out of paper");
  fails(run_job(4, "throws"), ": out of paper");  // by several ranks, and said once
  fails(run_job(2, "differs"),
        "rank 0 called all_reduce(sum) of 3 float32 elements, and rank 1 broadcast from rank 0 of "
        "3 float32 elements");
  fails(run_job(2, "short_message"),
        "rank 1: recv from rank 0 of 3 float32 elements: got a message of 2");
  fails(run_job(2, "uneven"),
        "rank 0 called leave, and rank 1 all_reduce(sum) of 3 float32 elements");
}

TEST_CASE("a rank that is killed, or leaves without a word, ends the job") {
  if (!has_mpi()) return;
  const Job job = run_job(4, "dies");
  fails(job, "process rank 1");
  // One of those that waited says what for.
  CHECK(count(job.output, ": all_reduce(sum) of 3 float32 elements: ended while it waited") == 1);
  fails(run_job(2, "exits"), "process rank 1");
  const Job impatient = run_job(2, "impatient");
  CHECK(impatient.status != 0);
  // Of ranks that have so little patience, one may be gone before the other has come: then each
  // says so.
  CHECK(count(impatient.output, "not all ranks have come together within 0.001 s") >= 1);
}

TEST_CASE("ranks that wait in vain say once who is there, and who is not") {
  if (!has_mpi()) return;
  const Job job = run_job(4, "stays_away");
  fails(job, "the other ranks did not answer within 5 s: ");
  CHECK_MESSAGE(count(job.output,
                      "ranks 0, 2 and 3 wait at all_reduce(sum) of 3 float32 elements; rank 1 is "
                      "waited for") == 1,
                job.output);
  fails(run_job(2, "nobody_sends"),
        "rank 0 waits at recv from rank 1 of 2 float32 elements; rank 1 waits at recv from rank 0 "
        "of 2 float32 elements");
  const Job joining = run_job(4, "never_joins");
  fails(joining, "not all ranks have come together within 5 s: on ");
  CHECK_MESSAGE(count(joining.output, ", ranks 0, 2 and 3 are here, 1 of its 4 ranks is not") == 1,
                joining.output);
  succeeds(run_job(3, "comes_late,all_operations"));
}

TEST_CASE("GPUs that wait for one another do not keep a job from failing") {
  if (!has_mpi()) return;
  if (!kindling::cuda::is_available()) {
    MESSAGE("skipped: jobs between GPUs, as there is no CUDA device");
    return;
  }
  fails(run_job(2, "differs_between_gpus"), "rank 0 called all_reduce(sum) of 3 float32 elements");
  fails(run_job(2, "dies_between_gpus"), "process rank 1");
}
