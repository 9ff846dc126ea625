#include "tools/build.h"

#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>

#include "tools/terminal.h"

namespace learn {
namespace {

using Clock = std::chrono::steady_clock;

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
    const std::size_t end = text.find("] ");
    if (!text.starts_with("[") || end == text.npos || text.substr(end).starts_with("] Re-") ||
        Clock::now() < shown_)
      return;
    const std::string_view object = text.substr(std::min(text.find_last_of("/ ") + 1, text.size()));
    const std::string step =
        fmt::format("  {}] {}", text.substr(0, end), object.substr(0, object.rfind(".o")));
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
  Clock::time_point shown_;  // from when on the next line is shown
};

}  // namespace

Outcome build(const Places& places, const std::vector<std::string>& targets,
              const std::string& what) {
  // In English, which first_error() reads.
  std::vector<std::string> arguments = {"env",     "LC_ALL=C.UTF-8",      "cmake",
                                        "--build", places.build.string(), "--target"};
  arguments.insert(arguments.end(), targets.begin(), targets.end());
  arguments.insert(arguments.end(), {"--", "-k", "0"});
  setenv("NINJA_STATUS", "[%f/%t] ", 1);
  Progress progress(what);
  const Outcome outcome = capture({.arguments = arguments, .folder = places.root},
                                  [&](std::string_view line) { progress.line(line); });
  if (was_stopped(outcome.status)) throw Failure("stopped", outcome.status);
  return outcome;
}

}  // namespace learn
