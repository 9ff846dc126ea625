#pragma once
#include <cctype>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <optional>
#include <sstream>
#include <string>
#include <utility>

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

/// The last word of a rank whose program has returned.
constexpr const char* rank_has_returned = "this rank has returned";

/// Of what mpirun and its ranks print, what the first rank said that found something wrong: a line,
/// and those that belong to it, such as the rest of a tensor.
inline std::pair<std::string, std::string> complaint_of_ranks(const std::string& output) {
  const auto is_of_rank = [](const std::string& line) {  // "rank 3: …"
    std::size_t at = 5;
    if (!line.starts_with("rank ")) return false;
    while (at < line.size() && std::isdigit(static_cast<unsigned char>(line[at]))) ++at;
    return at > 5 && line.substr(at, 2) == ": ";
  };
  std::istringstream lines(output);
  std::string headline, details, crash;
  for (std::string line; std::getline(lines, line);) {
    if (headline.empty() && is_of_rank(line)) {
      headline = line;
    } else if (!headline.empty()) {
      if (!line.starts_with(" ")) break;  // the next rank, or mpirun
      details += (details.empty() ? "" : "\n") + line;
    } else if (const std::size_t at = line.find("exited on signal "); at != line.npos) {
      // Open MPI: "… process rank 0 with PID 0 on node n exited on signal 11 (Segmentation fault)."
      const std::size_t rank = line.find("rank "), end = line.find_last_not_of(". ");
      crash = line.substr(rank, line.find(' ', rank + 5) - rank) + ": it crashed, by " +
              line.substr(at + 10, end + 1 - at - 10);
    }
  }
  // "rank 3: rank 2: …": rank 3 has said it, and it is about rank 2.
  if (const std::size_t second = headline.find(": rank ");
      second != std::string::npos && second < 9)
    headline.erase(0, second + 2);
  if (headline.empty()) headline = crash;
  if (headline.empty()) headline = "a rank ended its process, instead of returning";
  return {headline, details};
}

class Processes {
 public:
  explicit Processes(RankPrograms programs) {
    before_judging = [programs = std::move(programs)](int argc, char** argv) -> std::optional<int> {
      if (argc != 3 || std::string(argv[1]) != as_rank) {
        own_program = std::filesystem::absolute(argv[0]);
        return {};
      }
      const int status =
          distributed::run(programs.at(argv[2]), {.timeout = std::chrono::seconds(3)});
      if (status == 0) std::puts(rank_has_returned);
      return status;
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
    int returned = 0;
    for (std::size_t at = 0; (at = outcome.output.find(rank_has_returned, at)) != std::string::npos;
         ++at)
      ++returned;
    if (outcome.status == 0 && returned == ranks) return;
    const auto [headline, details] = complaint_of_ranks(outcome.output);
    wrong_answer("by " + std::to_string(ranks) + " processes: " + headline, details);
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
