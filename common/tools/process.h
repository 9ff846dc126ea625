#pragma once

#include <filesystem>
#include <functional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

/// Starting other programs, and leaving none behind.
namespace learn {

/// What ends this program early: said on standard error, with the exit status that goes with it.
struct Failure : std::runtime_error {
  explicit Failure(const std::string& what, int status = 1)
      : std::runtime_error(what), status(status) {}
  int status;
};

struct Command {
  std::vector<std::string> arguments;  // the program first; looked for on PATH if it has no slash
  std::filesystem::path folder = ".";  // where it runs
  std::filesystem::path input = "/dev/null";  // its standard input
};

/// Runs a program to its end and returns its exit status: 127 if it could not be started, 128 + the
/// signal that killed it. Signals that reach us meanwhile (Ctrl-C, Ctrl-Z, kill) are passed on to
/// it and all that it started.
int run(const Command& command);

/// The same, with its standard output returned. Throws Failure unless it exits 0.
std::string output_of(const Command& command);

struct Outcome {
  int status = 0;
  std::string output;  // standard output and standard error, as they came
};
/// `on_line` gets each line as soon as it is there.
Outcome capture(const Command& command,
                const std::function<void(std::string_view line)>& on_line = {});

/// What Ctrl-Z does while a program runs that run() or capture() has started: it stops us, until
/// we are continued. Whoever has changed the terminal's mode puts here what restores it first.
extern void (*stop_until_continued)();

/// Turns this very process into that program, which so gets the keyboard and every signal itself.
[[noreturn]] void become(const std::vector<std::string>& arguments);

bool on_path(std::string_view program);

/// True for the status of a program that somebody stopped: Ctrl-C, kill, a closed terminal.
bool was_stopped(int status);

/// `exit status 3`, or `signal 11 (Segmentation fault)`.
std::string describe_status(int status);

}  // namespace learn
