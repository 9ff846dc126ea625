/// What standard output can show: one place says it to the library's bars and to ./learn.
#include "kindling/terminal.h"

#include <doctest/doctest.h>
#include <pty.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <limits>
#include <map>
#include <string>

#include "kindling/ops.h"
#include "kindling/show.h"

using Environment = std::map<std::string, std::string>;
using kindling::show::Terminal;

/// In a process of its own, whose output is a terminal or a pipe: "attended interactive colour
/// unicode", those of them that hold.
static std::string detected(bool terminal, const Environment& environment) {
  int ours = -1, theirs = -1;
  if (terminal) REQUIRE(openpty(&ours, &theirs, nullptr, nullptr, nullptr) == 0);
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    int nowhere[2];
    if (!terminal && pipe(nowhere) == 0) theirs = nowhere[1];
    dup2(theirs, STDOUT_FILENO);
    for (const char* name : {"CI", "TERM", "NO_COLOR", "LC_ALL", "LC_CTYPE", "LANG"})
      unsetenv(name);
    for (const auto& [name, value] : environment) setenv(name.c_str(), value.c_str(), 1);
    const Terminal answer = Terminal::detect();
    _exit(answer.attended | answer.interactive << 1 | answer.colour << 2 | answer.unicode << 3);
  }
  int status = 0;
  waitpid(child, &status, 0);
  if (terminal) close(ours), close(theirs);
  REQUIRE(WIFEXITED(status));
  std::string text;
  const char* const names[] = {"attended ", "interactive ", "colour ", "unicode "};
  for (int bit = 0; bit < 4; ++bit)
    if (WEXITSTATUS(status) >> bit & 1) text += names[bit];
  return text;
}

TEST_CASE("who reads standard output, and what it can show") {
  const Environment usual = {{"TERM", "xterm"}, {"LANG", "en_GB.UTF-8"}};
  const auto with = [&](const std::string& name, const std::string& value) {
    Environment changed = usual;
    changed[name] = value;
    return changed;
  };
  CHECK(detected(false, usual) == "unicode ");
  int ours = -1, theirs = -1;
  if (openpty(&ours, &theirs, nullptr, nullptr, nullptr) != 0) {
    MESSAGE("skipped what needs a terminal: no pseudo-terminal can be opened here");
    return;
  }
  close(ours);
  close(theirs);
  CHECK(detected(true, usual) == "attended interactive colour unicode ");
  CHECK(detected(true, with("NO_COLOR", "1")) == "attended interactive unicode ");
  CHECK(detected(true, with("NO_COLOR", "")) == "attended interactive colour unicode ");
  CHECK(detected(true, with("TERM", "dumb")) == "attended unicode ");
  CHECK(detected(true, with("CI", "true")) == "unicode ");
  CHECK(detected(true, with("CI", "false")) == "attended interactive colour unicode ");
  // The first locale that is set decides.
  CHECK(detected(true, with("LC_ALL", "C")) == "attended interactive colour ");
  CHECK(detected(true, with("LC_CTYPE", "C.utf8")) == "attended interactive colour unicode ");
  CHECK(detected(true, with("LANG", "POSIX")) == "attended interactive colour ");
}

TEST_CASE("a picture's pixels that are no brightness: NaN and what is below 0 is dark") {
  setenv("LC_ALL", "C", 1);
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const double infinity = std::numeric_limits<double>::infinity();
  const kindling::Tensor image =
      kindling::tensor({{nan, -nan, -1.0, -infinity}, {0.5, 1.0, 2.0, infinity}});
  CHECK(kindling::show::text_image(image) == std::vector<std::string>{"        ", "::######"});
}
