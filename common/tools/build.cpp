#include "tools/build.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <optional>
#include <sstream>
#include <string_view>
#include <thread>

#include "tools/exercises.h"
#include "tools/terminal.h"

namespace learn {

namespace fs = std::filesystem;

namespace {

using Clock = std::chrono::steady_clock;

/// "[12/60] Building CXX object …" of ninja: how many steps are done, and of how many.
struct Steps {
  int done = 0, all = 0;
};

std::optional<Steps> steps_of(const std::string& line) {
  Steps steps;
  if (std::sscanf(line.c_str(), "[%d/%d] ", &steps.done, &steps.all) != 2) return std::nullopt;
  if (line.find("] Re-") != line.npos) return std::nullopt;  // CMake looks for new files
  return steps;
}

/// Shows what ninja says of its progress: "[12/60] Building CXX object …/strides.cpp.o".
class Progress {
 public:
  explicit Progress(const std::string& what) : what_(what), draws_(can_draw()) {
    if (!what_.empty()) fmt::print(stderr, "{}\n", dim(wrap(what_, text_width() - 1)));
    shown_ = Clock::now() + (draws_ ? std::chrono::seconds(1) : std::chrono::seconds(10));
  }
  ~Progress() {
    if (drawn_) fmt::print(stderr, "\r\x1b[K");
    std::fflush(stderr);
  }
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void line(std::string_view text) {
    const std::optional<Steps> steps = steps_of(std::string(text));
    if (!steps || Clock::now() < shown_) return;
    const std::string_view object = text.substr(std::min(text.find_last_of("/ ") + 1, text.size()));
    std::string step = fmt::format("  [{}/{}] ", steps->done, steps->all);
    const double passed = std::chrono::duration<double>(Clock::now() - begun_).count();
    // The first steps are the longest, and say little about the others.
    if (passed > 5 && steps->done * 5 > steps->all)
      step += fmt::format("{:.0f} s left: ", passed * (steps->all - steps->done) / steps->done);
    step += object.substr(0, object.rfind(".o"));
    if (draws_) {
      fmt::print(stderr, "\r\x1b[K{}", shorten(step, terminal_columns() - 1));
      std::fflush(stderr);
      drawn_ = true;
    } else if (!what_.empty()) {
      fmt::print(stderr, "{}\n", step);
      shown_ = Clock::now() + std::chrono::seconds(10);
    }
  }

 private:
  std::string what_;
  bool draws_, drawn_ = false;
  Clock::time_point begun_ = Clock::now();
  Clock::time_point shown_;  // from when on the next line is shown
};

/// How many ordinary steps take as long as the one that makes what `line` names. Headers that are
/// compiled beforehand and files that are compiled together take many times as long as a file.
double length_of_step(std::string_view line) {
  return line.ends_with(".gch") || line.find("/Unity/") != line.npos ? 8 : 1;
}

/// How long an ordinary step took of those that ninja has made in this folder, on average.
double seconds_of_a_step(const fs::path& folder) {
  std::ifstream log(folder / ".ninja_log");
  double milliseconds = 0, steps = 0;
  for (std::string line; std::getline(log, line);) {
    double start = 0, end = 0;
    std::string changed, output;
    if (std::istringstream(line) >> start >> end >> changed >> output &&
        !output.ends_with("cmake.verify_globs")) {
      milliseconds += end - start;
      steps += length_of_step(output);
    }
  }
  return steps > 0 ? milliseconds / steps / 1000 : 2;
}

/// In English, which first_error() reads.
std::vector<std::string> build_command(const Places& places,
                                       const std::vector<std::string>& targets) {
  std::vector<std::string> arguments = {"env",     "LC_ALL=C.UTF-8",      "cmake",
                                        "--build", places.build.string(), "--target"};
  arguments.insert(arguments.end(), targets.begin(), targets.end());
  arguments.insert(arguments.end(), {"--", "-k", "0"});
  setenv("NINJA_STATUS", "[%f/%t] ", 1);
  return arguments;
}

}  // namespace

std::string announce(const Places& places, const std::vector<std::string>& targets,
                     const std::string& what) {
  std::vector<std::string> arguments = build_command(places, targets);
  // Of build.ninja itself, a dry run says only that CMake may have to look for new files.
  write_file(places.build / "steps.ninja", "include build.ninja\n");
  arguments.insert(arguments.end(), {"-f", "steps.ninja", "-n"});
  int steps = 0;
  double lengths = 0;
  capture({.arguments = arguments, .folder = places.root}, [&](std::string_view line) {
    if (const auto found = steps_of(std::string(line))) {
      steps = found->all;
      lengths += length_of_step(line);
    }
  });
  const char* level = std::getenv("CMAKE_BUILD_PARALLEL_LEVEL");
  const int at_once =
      std::max(1, level ? std::atoi(level) : static_cast<int>(std::thread::hardware_concurrency()));
  const double seconds = lengths * seconds_of_a_step(places.build) / at_once;
  if (seconds < 5) return "";
  return fmt::format("building {}: {} steps, about {:.0f} s at the pace so far …", what, steps,
                     std::ceil(seconds / 5) * 5);
}

Outcome build(const Places& places, const std::vector<std::string>& targets,
              const std::string& what) {
  Progress progress(what);
  const Outcome outcome =
      capture({.arguments = build_command(places, targets), .folder = places.root},
              [&](std::string_view line) { progress.line(line); });
  if (was_stopped(outcome.status)) throw Failure("stopped", outcome.status);
  // Ninja ends with a status of its own when it is stopped, as if something did not compile.
  if (outcome.output.find("\nninja: build stopped: interrupted") != std::string::npos)
    throw Failure("stopped", 130);
  return outcome;
}

}  // namespace learn
