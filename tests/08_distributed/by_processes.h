#pragma once
#include <cstdlib>
#include <filesystem>
#include <map>
#include <optional>
#include <string>

#include "kindling/distributed.h"
#include "testing/expect.h"
#include "testing/judged.h"
#include "tools/launch.h"
#include "tools/process.h"

/// The exercises of chapter 8 on ranks that are processes: mpirun starts this very program again,
/// as each of them.
namespace kindling::testing {

/// What each rank does for the exercise of this number; what is wrong, it throws.
using RankPrograms = std::map<std::string, void (*)(distributed::ProcessGroup&)>;

class Processes {
 public:
  explicit Processes(RankPrograms programs) {
    before_judging = [programs = std::move(programs)](int argc, char** argv) -> std::optional<int> {
      if (argc != 3 || std::string(argv[1]) != as_rank) {
        own_program = std::filesystem::absolute(argv[0]);
        return {};
      }
      return distributed::run(programs.at(argv[2]), {.timeout = std::chrono::seconds(3)});
    };
  }

  /// Fails the test case with what the first rank said that found something wrong.
  static void expect_right(const std::string& exercise, int ranks) {
    // The leaks and orders of locks that sanitizers would complain of are Open MPI's own.
    setenv("ASAN_OPTIONS", "detect_leaks=0", 0);
    setenv("TSAN_OPTIONS", "detect_deadlocks=0", 0);
    setenv("OMPI_MCA_odls_base_sigkill_timeout", "0", 0);  // else mpirun ends a second later
    starts_processes = true;
    const learn::Outcome outcome = learn::capture(
        {.arguments = learn::launch_command({.ranks = ranks}, {own_program, as_rank, exercise})});
    starts_processes = false;
    if (outcome.status == 0) return;
    const std::size_t said = outcome.output.find("rank ");
    const std::string_view words =
        std::string_view(outcome.output).substr(said != std::string::npos ? said : 0);
    std::string line(words.substr(0, words.find('\n')));
    // "rank 3: rank 2: …": rank 3 has said it, and it is about rank 2.
    if (const std::size_t second = line.find(": rank "); second != std::string::npos && second < 9)
      line.erase(0, second + 2);
    wrong_answer("by " + std::to_string(ranks) + " processes: " + line);
  }

 private:
  static constexpr const char* as_rank = "--as-rank";
  static inline std::string own_program;
};

/// The test case of an exercise that is judged by threads first: with 2 and with 4 processes.
inline void expect_right_by_processes(const std::string& exercise) {
  if (cases_failed > 0) {
    MESSAGE("not looked at before the others pass");
    return;
  }
  if (const std::string why = learn::lacks_mpi(); !why.empty()) {
    MESSAGE("skipped, as " << why);
    return;
  }
  // A busy machine takes seconds to start processes. Those of a wrong answer give up by themselves.
  be_patient(std::chrono::seconds(60));
  for (const int ranks : {2, 4}) Processes::expect_right(exercise, ranks);
}

}  // namespace kindling::testing
