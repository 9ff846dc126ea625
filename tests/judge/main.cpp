/// The main program of every judge: the child runs the test cases of one exercise, the parent says
/// what became of them in a way that somebody who is stuck can use.
#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <optional>

#ifdef __linux__
#include <sys/prctl.h>
#endif

#include "judge/events.h"
#include "testing/judged.h"

namespace {

struct Pipe {
  int out = -1, in = -1;
};

Pipe make_pipe() {
  std::array<int, 2> ends{};
  if (pipe(ends.data()) != 0) {
    std::perror("cannot make a pipe");
    std::exit(1);
  }
  for (const int end : ends) fcntl(end, F_SETFD, FD_CLOEXEC);
  return {.out = ends[0], .in = ends[1]};
}

/// What the answer prints goes to the parent, too, a line at a time: so nothing is lost in a crash.
void print_into(int pipe) {
  dup2(pipe, STDOUT_FILENO);
  dup2(pipe, STDERR_FILENO);
  std::setvbuf(stdout, nullptr, _IOLBF, BUFSIZ);
}

}  // namespace

int main(int argc, char** argv) {
  using namespace kindling::testing;
  main_has_begun = true;
  if (before_judging)
    if (const std::optional<int> status = before_judging(argc, argv)) return *status;
  const Pipe events = make_pipe(), printed = make_pipe();
#ifdef F_SETPIPE_SZ
  fcntl(printed.in, F_SETPIPE_SZ, 1 << 20);  // fewer turns for an answer that prints much
#endif
  const pid_t child = fork();
  if (child < 0) {
    std::fprintf(stderr, "cannot start the answer: %s\n", std::strerror(errno));
    return 1;
  }
  if (child > 0) {
    close(events.in);
    close(printed.in);
    return give_verdict(child, events.out, printed.out);
  }
#ifdef __linux__
  prctl(PR_SET_PDEATHSIG, SIGKILL);  // nobody is left behind when the parent is killed
#endif
  close(events.out);
  close(printed.out);
  print_into(printed.in);
  return run_cases(argc, argv, events.in);
}
