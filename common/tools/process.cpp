#include "tools/process.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace learn {
namespace {

constexpr std::array passed_on = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP, SIGCONT};

volatile std::sig_atomic_t child_group = 0;

extern "C" void pass_on(int signal) {
  if (child_group > 0) kill(-static_cast<pid_t>(child_group), signal);
  // Ctrl-Z holds us as well, until SIGCONT, which is passed on like the others.
  if (signal == SIGTSTP) stop_until_continued();
}

/// While it lives, signals go to the child's process group instead of ending us.
class PassingSignalsOn {
 public:
  explicit PassingSignalsOn(pid_t child) {
    child_group = static_cast<std::sig_atomic_t>(child);
    struct sigaction action = {};
    action.sa_handler = pass_on;
    for (std::size_t i = 0; i < passed_on.size(); ++i)
      sigaction(passed_on[i], &action, &before_[i]);
  }
  ~PassingSignalsOn() {
    for (std::size_t i = 0; i < passed_on.size(); ++i)
      sigaction(passed_on[i], &before_[i], nullptr);
    child_group = 0;
  }
  PassingSignalsOn(const PassingSignalsOn&) = delete;
  PassingSignalsOn& operator=(const PassingSignalsOn&) = delete;

 private:
  std::array<struct sigaction, passed_on.size()> before_{};
};

/// Holds signals back from fork() until they have somebody to go to.
class BlockedSignals {
 public:
  BlockedSignals() {
    sigset_t signals;
    sigemptyset(&signals);
    for (int signal : passed_on) sigaddset(&signals, signal);
    sigprocmask(SIG_BLOCK, &signals, &before_);
  }
  ~BlockedSignals() { restore(); }
  void restore() { sigprocmask(SIG_SETMASK, &before_, nullptr); }
  BlockedSignals(const BlockedSignals&) = delete;
  BlockedSignals& operator=(const BlockedSignals&) = delete;

 private:
  sigset_t before_;
};

[[noreturn]] void execute(const std::vector<std::string>& arguments) {
  std::vector<char*> pointers;
  for (const std::string& argument : arguments) {
    pointers.push_back(const_cast<char*>(argument.c_str()));
  }
  pointers.push_back(nullptr);
  execvp(pointers[0], pointers.data());
  fmt::print(stderr, "cannot start {}: {}\n", arguments[0], std::strerror(errno));
  std::fflush(stderr);
  _exit(127);
}

/// Where a child's words go, if not where ours do.
struct Redirection {
  int output = -1;
  bool errors_too = false;
};

[[noreturn]] void be_the_child(const Command& command, Redirection to) {
  setpgid(0, 0);
  const int input = open(command.input.c_str(), O_RDONLY);
  if (input < 0 || chdir(command.folder.c_str()) != 0) {
    fmt::print(stderr, "cannot start {} in {}: {}\n", command.arguments[0], command.folder.string(),
               std::strerror(errno));
    std::fflush(stderr);
    _exit(127);
  }
  dup2(input, STDIN_FILENO);
  close(input);
  if (to.output >= 0) dup2(to.output, STDOUT_FILENO);
  if (to.output >= 0 && to.errors_too) dup2(to.output, STDERR_FILENO);
  execute(command.arguments);
}

pid_t start(const Command& command, BlockedSignals& blocked, Redirection to = {}) {
  std::fflush(stdout);  // what we said comes before what it says
  const pid_t child = fork();
  if (child < 0)
    throw Failure(fmt::format("cannot start {}: {}", command.arguments[0], std::strerror(errno)));
  if (child == 0) {
    blocked.restore();
    be_the_child(command, to);
  }
  setpgid(child, child);  // in the child as well: whichever comes first
  return child;
}

int wait_for(pid_t child) {
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

}  // namespace

void (*stop_until_continued)() = [] { raise(SIGSTOP); };

int run(const Command& command) {
  BlockedSignals blocked;
  const pid_t child = start(command, blocked);
  const PassingSignalsOn passing(child);
  blocked.restore();
  return wait_for(child);
}

static Outcome read_from(const Command& command, bool errors_too,
                         const std::function<void(std::string_view)>& on_line = {}) {
  int ends[2];
  if (pipe(ends) != 0) throw Failure(fmt::format("cannot make a pipe: {}", std::strerror(errno)));
  for (int end : ends) fcntl(end, F_SETFD, FD_CLOEXEC);
  BlockedSignals blocked;
  const pid_t child = start(command, blocked, {.output = ends[1], .errors_too = errors_too});
  const PassingSignalsOn passing(child);
  blocked.restore();
  close(ends[1]);
  Outcome outcome;
  std::size_t told = 0;  // how much of the output on_line has got
  std::array<char, 4096> buffer;
  ssize_t count = 0;
  while ((count = read(ends[0], buffer.data(), buffer.size())) > 0 ||
         (count < 0 && errno == EINTR)) {
    if (count > 0) outcome.output.append(buffer.data(), static_cast<std::size_t>(count));
    for (std::size_t end; on_line && (end = outcome.output.find('\n', told)) != std::string::npos;
         told = end + 1)
      on_line(std::string_view(outcome.output).substr(told, end - told));
  }
  close(ends[0]);
  outcome.status = wait_for(child);
  return outcome;
}

Outcome capture(const Command& command, const std::function<void(std::string_view)>& on_line) {
  return read_from(command, true, on_line);
}

std::string output_of(const Command& command) {
  const Outcome outcome = read_from(command, false);
  if (outcome.status != 0) {
    throw Failure(fmt::format("{} ended with {}, expected 0", command.arguments[0],
                              describe_status(outcome.status)),
                  was_stopped(outcome.status) ? outcome.status : 1);
  }
  return outcome.output;
}

void become(const std::vector<std::string>& arguments) {
  std::fflush(stdout);
  execute(arguments);
}

bool on_path(std::string_view program) {
  const char* path = std::getenv("PATH");
  std::string_view rest = path ? path : "";
  while (!rest.empty()) {
    const std::string_view folder = rest.substr(0, rest.find(':'));
    rest.remove_prefix(std::min(rest.size(), folder.size() + 1));
    if (access(fmt::format("{}/{}", folder, program).c_str(), X_OK) == 0) return true;
  }
  return false;
}

bool was_stopped(int status) {
  return status == 128 + SIGINT || status == 128 + SIGTERM || status == 128 + SIGHUP ||
         status == 128 + SIGQUIT;
}

std::string describe_status(int status) {
  if (status <= 128 || status >= 128 + NSIG) return fmt::format("exit status {}", status);
  return fmt::format("signal {} ({})", status - 128, strsignal(status - 128));
}

}  // namespace learn
