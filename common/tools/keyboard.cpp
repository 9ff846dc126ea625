#include "tools/keyboard.h"

#include <fmt/format.h>
#include <poll.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <utility>

#include "tools/process.h"
#include "tools/terminal.h"

namespace learn {
namespace {

// Handlers of signals reach nothing else.
termios usual, by_keys;
volatile std::sig_atomic_t taken = 0, redraw = 0;

void give_back() { tcsetattr(STDIN_FILENO, TCSANOW, &usual); }
void take() {
  if (taken) tcsetattr(STDIN_FILENO, TCSANOW, &by_keys);
}

void stop_with_the_usual_terminal() {
  give_back();
  raise(SIGSTOP);  // until SIGCONT
  take();
  redraw = 1;
}

extern "C" void on_signal(int signal) {
  const int error = errno;
  if (signal == SIGTSTP) {
    stop_with_the_usual_terminal();
  } else if (signal == SIGCONT) {  // also after a SIGSTOP, of which nobody was told
    take();
    redraw = 1;
  } else if (signal == SIGWINCH) {
    redraw = 1;
  } else {  // ends us, as it would have without a handler
    give_back();
    [[maybe_unused]] const ssize_t written = write(STDOUT_FILENO, "\n", 1);
    std::signal(signal, SIG_DFL);
    raise(signal);
  }
  errno = error;
}

constexpr std::array handled = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP, SIGCONT, SIGWINCH};
std::array<struct sigaction, handled.size()> before;
void (*stopped_before)() = nullptr;

}  // namespace

bool Keyboard::is_there() {
  return is_terminal() && isatty(STDIN_FILENO) && tcgetpgrp(STDIN_FILENO) == getpgrp();
}

Keyboard::Keyboard() {
  if (tcgetattr(STDIN_FILENO, &usual) != 0) throw Failure("the terminal cannot be read from");
  by_keys = usual;
  by_keys.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);  // Ctrl-C and Ctrl-Z stay signals
  by_keys.c_cc[VMIN] = 1;
  by_keys.c_cc[VTIME] = 0;
  struct sigaction action = {};
  action.sa_handler = on_signal;
  for (std::size_t i = 0; i < handled.size(); ++i) sigaction(handled[i], &action, &before[i]);
  stopped_before = std::exchange(stop_until_continued, stop_with_the_usual_terminal);
  taken = 1;
  redraw = 0;
  take();
}

Keyboard::~Keyboard() {
  taken = 0;
  give_back();
  stop_until_continued = stopped_before;
  for (std::size_t i = 0; i < handled.size(); ++i) sigaction(handled[i], &before[i], nullptr);
}

char Keyboard::key(std::chrono::milliseconds patience) {
  if (typed_.empty()) {
    pollfd ready{.fd = STDIN_FILENO, .events = POLLIN, .revents = 0};
    if (poll(&ready, 1, static_cast<int>(patience.count())) <= 0) return none;
    std::array<char, 64> keys;
    const ssize_t count = read(STDIN_FILENO, keys.data(), keys.size());
    if (count < 0 && (errno == EINTR || errno == EAGAIN)) return none;
    if (count <= 0) return closed;
    typed_.assign(keys.data(), static_cast<std::size_t>(count));
  }
  // An arrow or the like arrives as ESC [ and further characters up to a letter or ~.
  if (typed_[0] == '\x1b') {
    const bool longer = typed_.size() > 1 && (typed_[1] == '[' || typed_[1] == 'O');
    std::size_t end = longer ? 2 : 1;
    while (longer && end < typed_.size() && (typed_[end] < '@' || typed_[end] > '~')) ++end;
    typed_.erase(0, end + 1);
    return none;
  }
  const char first = typed_[0];
  typed_.erase(0, 1);
  return first;
}

std::string Keyboard::ask(const std::string& question) {
  typed_.clear();
  taken = 0;
  give_back();
  fmt::print("{}", question);
  std::fflush(stdout);
  std::string line;
  char c = 0;
  while (true) {
    const ssize_t count = read(STDIN_FILENO, &c, 1);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0 || c == '\n') break;
    line += c;
  }
  taken = 1;
  take();
  return line;
}

bool Keyboard::must_redraw() {
  const bool must = redraw != 0;
  redraw = 0;
  return must;
}

}  // namespace learn
