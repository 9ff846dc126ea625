/// ./learn bench: how fast Kindling is, beside libtorch. The two libraries take turns on each piece
/// of work, so that a machine that is busy meanwhile is so for both.
#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "tools/commands.h"
#include "tools/process.h"
#include "tools/subcommands.h"
#include "tools/suggest.h"
#include "tools/terminal.h"

namespace learn {

namespace fs = std::filesystem;

namespace {

struct Library {
  std::string name;
  fs::path program;
};

/// Microseconds for one turn of this work: the best, or the mean.
double time_once(const Library& library, const std::string& work, int threads, bool mean) {
  // OpenBLAS, which both call, has threads of its own.
  std::vector<std::string> arguments = {"env", fmt::format("OPENBLAS_NUM_THREADS={}", threads),
                                        fmt::format("OMP_NUM_THREADS={}", threads),
                                        library.program.string(), work};
  if (mean) arguments.push_back("mean");
  return std::stod(output_of({.arguments = arguments}));
}

/// A process that keeps one processor busy as long as this lives.
class BusyProcess {
 public:
  BusyProcess() : process_(fork()) {
    if (process_ < 0) throw Failure("cannot start a process that keeps a processor busy");
    if (process_ > 0) return;
    const pid_t parent = getppid();
    while (getppid() == parent) {  // who is killed leaves nobody behind
    }
    _exit(0);
  }
  ~BusyProcess() {
    kill(process_, SIGKILL);
    waitpid(process_, nullptr, 0);
  }
  BusyProcess(const BusyProcess&) = delete;
  BusyProcess& operator=(const BusyProcess&) = delete;

 private:
  pid_t process_;
};

std::string describe_time(double microseconds) {
  if (microseconds < 100) return fmt::format("{:.1f} µs", microseconds);
  if (microseconds < 1000) return fmt::format("{:.0f} µs", microseconds);
  if (microseconds < 1e5) return fmt::format("{:.2f} ms", microseconds / 1e3);
  return fmt::format("{:.0f} ms", microseconds / 1e3);
}

double peak_memory(const Library& library) {
  return std::atof(output_of({.arguments = {"env", "OPENBLAS_NUM_THREADS=1", "OMP_NUM_THREADS=1",
                                            library.program.string(), "--peak-memory"}})
                       .c_str());
}

}  // namespace

int bench(const Places& places, const std::string& part_of_name, int rounds, bool busy) {
  std::vector<Library> libraries = {{"Kindling", places.build / "bench/workloads_kindling"}};
  if (fs::exists(places.build / "bench/workloads_libtorch"))
    libraries.push_back({"libtorch", places.build / "bench/workloads_libtorch"});
  const int processors = static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
  std::vector<int> threads = {1};
  if (processors > 1) threads.push_back(processors);

  std::vector<std::string> works, others;
  std::istringstream names(output_of({.arguments = {libraries[0].program.string(), "--list"}}));
  for (std::string name; std::getline(names, name);)
    (name.find(part_of_name) != name.npos ? works : others).push_back(name);
  if (works.empty())
    throw usage_error("bench", fmt::format("nothing is measured whose name contains {}{}",
                                           part_of_name, did_you_mean(part_of_name, others)));

  fmt::print("\n{}\n\n",
             fitted(fmt::format("Time for one turn, {}, in turns; \"×\" is how often Kindling is "
                                "done when libtorch is done once.",
                                busy ? fmt::format("the mean of {}, beside a process that keeps "
                                                   "one processor busy",
                                                   rounds)
                                     : fmt::format("the best of {}", rounds)),
                    0));
  std::optional<BusyProcess> beside;
  if (busy) beside.emplace();
  // Where a terminal is too narrow for the whole table, a name stands above its times.
  const std::size_t names_width = 33, group_width = 23;
  const bool narrow =
      is_terminal() && names_width + threads.size() * group_width >= terminal_columns();
  const std::string margin(narrow ? 2 : names_width, ' ');
  std::string groups, columns;
  for (const int n : threads) {
    groups +=
        fmt::format("{:^{}}", n == 1 ? "1 thread" : fmt::format("{} threads", n), group_width);
    columns += fmt::format("{:>9}{:>9}{:>5}", "libtorch", "Kindling", "×");
  }
  fmt::print("{0}{1}\n{0}{2}\n", margin, groups, columns);

  for (const std::string& work : works) {
    if (can_draw()) fmt::print("{}", dim(work + " …"));
    std::fflush(stdout);
    std::string times;
    for (const int n : threads) {
      std::vector<double> shown(2, 0);
      for (int round = 0; round < rounds; ++round)
        for (std::size_t i = 0; i < libraries.size(); ++i) {
          const double time = time_once(libraries[i], work, n, busy);
          if (busy)
            shown[i] += time / rounds;
          else if (round == 0 || time < shown[i])
            shown[i] = time;
        }
      times += fmt::format("{:>9}{:>9}{:>5}", libraries.size() > 1 ? describe_time(shown[1]) : "",
                           describe_time(shown[0]),
                           libraries.size() > 1 ? fmt::format("{:.1f}", shown[1] / shown[0]) : "");
    }
    fmt::print("{}{:<{}}{}{}\n", can_draw() ? "\r\x1b[K" : "", work, narrow ? 0 : names_width,
               narrow ? "\n" + margin : "", times);
    std::fflush(stdout);
  }

  if (part_of_name.empty() && !busy) {
    std::string text = "Most memory of a process that trains 784-512-256-10:";
    for (const Library& library : libraries)
      text += fmt::format("{} {} {:.0f} MB", &library == &libraries.front() ? "" : ",",
                          library.name, peak_memory(library));
    fmt::print("\n{}\n", fitted(text, 0));
  }
  if (libraries.size() == 1)
    fmt::print(
        "\n{}\n  sudo apt-get install libtorch-dev\n",
        fitted("libtorch is not measured: its headers are not installed. On Debian and Ubuntu:",
               0));
  return 0;
}

}  // namespace learn
