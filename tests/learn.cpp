/// ./learn as a learner sees it: driven through a pseudo-terminal and through pipes, on a folder of
/// answers of its own in the build folder, so that nobody's work is touched.
#include <doctest/doctest.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "tools/carve/carver.h"
#include "tools/exercises.h"
#include "tools/terminal.h"

namespace fs = std::filesystem;
using learn::read_file;
using learn::write_file;

namespace {

const fs::path root = KINDLING_SOURCE_DIR;
const fs::path build = KINDLING_BINARY_DIR;
const fs::path answers = build / "practice";

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != text.npos;
}

void replace(std::string& text, const std::string& from, const std::string& to) {
  REQUIRE(contains(text, from));
  text.replace(text.find(from), from.size(), to);
}

/// False where there is no /dev/pts, as in a bare chroot.
bool has_terminals() {
  static const bool answer = [] {
    int ours = -1, theirs = -1;
    if (openpty(&ours, &theirs, nullptr, nullptr, nullptr) != 0) {
      MESSAGE("skipped what needs a terminal: no pseudo-terminal can be opened here");
      return false;
    }
    close(ours);
    close(theirs);
    return true;
  }();
  return answer;
}

/// A program in a terminal, or in a pipe.
class Session {
 public:
  Session(const std::vector<std::string>& arguments, bool terminal, unsigned short columns = 80) {
    int output[2] = {-1, -1};
    winsize size{.ws_row = 24, .ws_col = columns, .ws_xpixel = 0, .ws_ypixel = 0};
    if (!terminal) REQUIRE(pipe(output) == 0);
    child_ = terminal ? forkpty(&from_, nullptr, nullptr, &size) : fork();
    REQUIRE(child_ >= 0);
    if (child_ == 0) {
      if (!terminal) {
        setpgid(0, 0);
        dup2(output[1], 1);
        dup2(output[1], 2);
        close(output[0]);
      }
      setenv("KINDLING_PRACTICE", answers.c_str(), 1);
      setenv("TERM", "xterm", 1);
      setenv("LC_ALL", "C.UTF-8", 1);
      unsetenv("CI");
      unsetenv("NO_COLOR");
      unsetenv("KINDLING_MINE");
      std::vector<char*> pointers;
      for (const std::string& argument : arguments)
        pointers.push_back(const_cast<char*>(argument.c_str()));
      pointers.push_back(nullptr);
      execv(pointers[0], pointers.data());
      _exit(127);
    }
    if (!terminal) {
      close(output[1]);
      from_ = output[0];
    }
  }
  ~Session() {
    if (child_ > 0) kill(-child_, SIGKILL);
    close(from_);
  }
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  /// Reads until the text is there, from where the last wait ended; false after minutes or at the
  /// end.
  bool wait_for(const std::string& text) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::minutes(5);
    std::size_t at = std::string::npos;
    while ((at = output_.find(text, seen_)) == std::string::npos)
      if (std::chrono::steady_clock::now() > end || !read_more()) return false;
    seen_ = at + text.size();
    return true;
  }
  void type(const std::string& keys) {
    CHECK(write(from_, keys.data(), keys.size()) == static_cast<ssize_t>(keys.size()));
  }
  /// The same, for what should not come: false when that time is over.
  bool says_within(std::chrono::milliseconds time, const std::string& text) {
    const auto end = std::chrono::steady_clock::now() + time;
    while (output_.find(text, seen_) == std::string::npos) {
      if (std::chrono::steady_clock::now() > end) return false;
      pollfd ready{.fd = from_, .events = POLLIN, .revents = 0};
      if (poll(&ready, 1, 50) > 0 && !read_more()) return false;
    }
    return true;
  }
  /// The terminal's modes: what the shell would find.
  bool waits_for_lines() const { return (modes() & ICANON) != 0; }
  bool echoes() const { return (modes() & ECHO) != 0; }
  /// Waits until it has been stopped, as by Ctrl-Z.
  bool is_stopped() const {
    int status = 0;
    return waitpid(child_, &status, WUNTRACED) == child_ && WIFSTOPPED(status);
  }
  /// Everything that it has said, at its end.
  const std::string& finish() {
    while (read_more()) {
    }
    int status = 0;
    waitpid(child_, &status, 0);
    status_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    group_ = child_;
    child_ = -1;
    return output_;
  }
  int status() const { return status_; }
  pid_t pid() const { return child_; }
  /// True if nothing that it started is still there.
  bool left_nothing() const { return kill(-group_, 0) != 0; }

 private:
  tcflag_t modes() const {
    termios now = {};
    CHECK(tcgetattr(from_, &now) == 0);
    return now.c_lflag;
  }
  bool read_more() {
    char buffer[4096];
    pollfd ready{.fd = from_, .events = POLLIN, .revents = 0};
    // To build the answers to all exercises at once takes a busy machine minutes, in silence.
    if (poll(&ready, 1, 240'000) <= 0) return false;
    const ssize_t count = read(from_, buffer, sizeof buffer);  // at the end, a terminal gives EIO
    if (count <= 0) return false;
    output_.append(buffer, static_cast<std::size_t>(count));
    return true;
  }

  pid_t child_ = -1, group_ = -1;
  int from_ = -1, status_ = -1;
  std::string output_;
  std::size_t seen_ = 0;
};

struct Outcome {
  int status;
  std::string output;
};

Outcome learn_in(bool terminal, std::vector<std::string> words, unsigned short columns = 80) {
  words.insert(words.begin(), (build / "learn").string());
  Session session(words, terminal, columns);
  const std::string output = session.finish();
  return {session.status(), output};
}
Outcome in_terminal(const std::vector<std::string>& words) {
  return learn_in(has_terminals(), words);
}
Outcome in_pipe(const std::vector<std::string>& words) { return learn_in(false, words); }

std::string stub_of(const std::string& file) {
  return kindling::carve::carve(read_file(root / "solutions" / file)).text;
}

void start_afresh() {
  fs::remove_all(answers);
  fs::remove_all(build / "hints");
  for (const learn::Exercise& exercise : learn::find_exercises(root))
    write_file(answers / exercise.file, stub_of(exercise.file));
}

const fs::path strides = answers / "01_tensors/strides.cpp";
std::string solution() { return read_file(root / "solutions/01_tensors/strides.cpp"); }

}  // namespace

TEST_CASE("at the beginning nothing is solved, and ./learn says what to do first") {
  start_afresh();
  const Outcome progress = in_pipe({"progress"});
  CHECK(progress.status == 0);
  const std::string all = std::to_string(learn::find_exercises(root).size());
  CHECK_MESSAGE(contains(progress.output, "0 of " + all + " exercises solved"), progress.output);
  CHECK_FALSE(contains(progress.output, "\x1b["));  // no colours in a pipe

  const Outcome next = in_terminal({"next"});
  CHECK(next.status == 0);
  CHECK(contains(next.output, "1.1  Row-major strides"));
  CHECK(contains(next.output, "exercises/01_tensors/strides.cpp:11"));
  CHECK(contains(next.output, "./learn test 1.1"));
  CHECK(contains(next.output, "\x1b[") == has_terminals());
}

TEST_CASE("with the solutions in place everything is solved") {
  start_afresh();
  for (const learn::Exercise& exercise : learn::find_exercises(root))
    write_file(answers / exercise.file, read_file(root / "solutions" / exercise.file));
  const auto exercises = learn::find_exercises(root);
  const auto not_judged =
      std::string(KINDLING_CUDA_MODE) != "off"
          ? 0
          : std::ranges::count(exercises, std::string("07_gpu"), &learn::Exercise::chapter);
  if (not_judged > 0)
    MESSAGE("skipped: " << not_judged << " exercises with kernels (KINDLING_CUDA=off)");
  const auto solved = std::ssize(exercises) - not_judged;
  const std::string of_all = " of " + std::to_string(exercises.size());
  const Outcome progress = in_pipe({"progress"});
  CHECK_MESSAGE(contains(progress.output, std::to_string(solved) + of_all + " exercises solved"),
                progress.output);
  // Taking one answer back shows at once: nothing is remembered that is not so.
  write_file(strides, stub_of("01_tensors/strides.cpp"));
  const Outcome after = in_pipe({"progress"});
  CHECK_MESSAGE(contains(after.output, std::to_string(solved - 1) + of_all), after.output);
}

TEST_CASE("verdicts: a stub, a wrong answer, an answer that does not compile, the right one") {
  start_afresh();
  const Outcome stub = in_pipe({"test", "1.1"});
  CHECK(stub.status == 1);
  CHECK(contains(stub.output, "testing YOUR exercises/01_tensors/strides.cpp"));
  CHECK(contains(stub.output, "still to be written: exercises/01_tensors/strides.cpp:12"));

  std::string wrong = solution();
  replace(wrong, "std::max<std::int64_t>(shape[i + 1], 1)", "shape[i + 1]");
  write_file(strides, wrong);
  const std::string quoted = "$ ./learn test 1.1\n" + in_pipe({"test", "1.1"}).output + "```\n";
  CHECK_MESSAGE(contains(read_file(root / "README.md"), quoted), quoted);
  const Outcome failing = in_terminal({"test", "1.1"});
  CHECK(failing.status == 1);
  CHECK_MESSAGE(contains(failing.output, "expected [3, 3, 1], got [0, 3, 1]"), failing.output);
  CHECK(contains(failing.output, "./learn hint 1.1"));

  std::string broken = solution();
  replace(broken, "return strides;", "return stride;");
  write_file(strides, broken);
  const Outcome compile = in_pipe({"test", "1.1"});
  CHECK(compile.status == 1);
  CHECK_MESSAGE(contains(compile.output, "exercises/01_tensors/strides.cpp:"), compile.output);
  CHECK(contains(compile.output, "stride"));
  CHECK(contains(compile.output, "does not compile"));
  CHECK_FALSE(contains(compile.output, "ninja"));

  std::string crashing = solution();
  replace(crashing, "return strides;", "*static_cast<volatile int*>(nullptr) = 1; return strides;");
  write_file(strides, crashing);
  const Outcome crash = in_pipe({"test", "1.1"});
  CHECK(crash.status == 1);
  CHECK_MESSAGE(contains(crash.output, "1.1  it crashed: SIGSEGV"), crash.output);
  CHECK_MESSAGE(contains(crash.output, ", at exercises/01_tensors/strides.cpp:"), crash.output);

  std::string renamed = solution();
  replace(renamed, "Shape row_major_strides(", "Shape row_major(");
  write_file(strides, renamed);
  const Outcome link = in_pipe({"test", "1.1"});
  CHECK_MESSAGE(link.status == 1, link.output);  // never the reference in the learner's place
  CHECK_MESSAGE(contains(link.output, "row_major_strides(const Shape& shape)"), link.output);

  fs::remove(strides);
  const Outcome missing = in_pipe({"test", "1.1"});
  CHECK(missing.status == 1);
  CHECK_MESSAGE(contains(missing.output, "./learn reset 1.1"), missing.output);

  write_file(strides, solution());
  const Outcome passing = in_terminal({"test", "1.1"});
  CHECK(passing.status == 0);
  CHECK(contains(passing.output, "passes all"));
  CHECK(contains(passing.output, "Solved: 1.1 Row-major strides"));
  CHECK(contains(passing.output, "Next: "));
  CHECK(contains(passing.output, "1.2"));  // what comes next

  const Outcome chapter = in_pipe({"test", "1"});
  CHECK(chapter.status == 1);
  CHECK(contains(chapter.output, "✓ 1.1"));
  CHECK(contains(chapter.output, "· 1.2"));
}

TEST_CASE("verdicts are as wide as the terminal, and elsewhere as they are") {
  if (!has_terminals()) return;
  start_afresh();
  // The lines of a verdict, without colours, and the words of all but the rule on top.
  const auto lines_of = [](const Outcome& verdict) {
    std::string text = verdict.output;
    std::erase(text, '\r');
    for (std::size_t at = 0; (at = text.find('\x1b', at)) != text.npos;)
      text.erase(at, text.find('m', at) - at + 1);
    std::vector<std::string> lines;
    std::istringstream in(text);
    for (std::string line; std::getline(in, line);) lines.push_back(line);
    return lines;
  };
  const auto words_of = [](const std::vector<std::string>& lines) {
    std::vector<std::string> words;
    for (const std::string& line : lines) {
      std::istringstream in(line.starts_with("─") ? "" : line);
      for (std::string word; in >> word;) words.push_back(word);
    }
    return words;
  };
  const auto put = [](const std::string& file, const std::string& mutant,
                      const std::string& function) {
    std::string answer = read_file(root / "solutions" / file);
    const std::size_t begin = answer.find(function);
    REQUIRE(begin != answer.npos);
    answer.replace(begin, answer.find("\n}\n", begin) + 3 - begin,
                   read_file(root / "tests/mutants" / mutant));
    write_file(answers / file, answer);
  };

  put("01_tensors/broadcast_shapes.cpp", "01_tensors/1.2_names_the_leftmost.cpp",
      "Shape broadcast_shapes(");
  const auto in_file = lines_of(in_pipe({"test", "1.2"}));
  CHECK(std::ranges::any_of(in_file, [](const auto& line) { return line.size() > 200; }));
  for (const unsigned short columns : {50, 80, 200}) {
    const auto lines = lines_of(learn_in(true, {"test", "1.2"}, columns));
    for (const std::string& line : lines)
      if (!line.starts_with("  edit   "))  // a path stays whole
        CHECK_MESSAGE(learn::width_of(line) < std::min<std::size_t>(columns, 101),
                      columns << ": " << line);
    CHECK(words_of(lines) == words_of(in_file));
    // What goes on stands beneath what it goes on with.
    const auto last = std::ranges::find_if(
        lines, [](const auto& line) { return line.starts_with("✗ 1.2  [2, 3, 4] with "); });
    REQUIRE(last != lines.end());
    REQUIRE(last + 1 != lines.end());
    CHECK((last + 1)->find_first_not_of(' ') == 7);
  }

  put("01_tensors/matmul.cpp", "01_tensors/1.6_overwrites.cpp",
      "template <class T>\nvoid multiply_accumulate(");
  const auto narrow = lines_of(learn_in(true, {"test", "1.6"}, 30));
  const auto wide = lines_of(in_pipe({"test", "1.6"}));
  std::size_t rows = 0;
  for (const std::string& line : wide)
    if (line.find("tensor([") != line.npos || line.ends_with("]])")) {
      CHECK_MESSAGE(std::ranges::find(narrow, line) != narrow.end(), line);
      rows += line.size() >= 30;
    }
  CHECK(rows > 0);
}

TEST_CASE("an error that the compiler finds in a header begins with the learner's own line") {
  start_afresh();
  std::string answer = solution();
  replace(answer, "return strides;",
          "\n  std::sort(strides.begin(), strides.end(), 3);\n  return strides;");
  write_file(strides, answer);
  const Outcome test = in_pipe({"test", "1.1"});
  CHECK(test.status == 1);
  INFO(test.output);
  const std::size_t error = test.output.find(": error: ");
  REQUIRE(error != test.output.npos);
  const std::size_t line = test.output.rfind('\n', error) + 1;
  CHECK(test.output.substr(line).starts_with("  exercises/01_tensors/strides.cpp:"));
  CHECK(contains(test.output, "|   std::sort(strides.begin()"));
  CHECK(contains(test.output, "noticed in "));
  CHECK_FALSE(contains(test.output, root.string() + "/"));
}

TEST_CASE("an answer is judged by its content, however old its file is") {
  start_afresh();
  const auto put = [](const fs::path& file, const std::string& text, std::chrono::hours age) {
    write_file(file, text);
    fs::last_write_time(file, fs::file_time_type::clock::now() - age);
  };
  const auto passes = [] { return in_pipe({"test", "1.1"}).status == 0; };
  using std::chrono::hours;
  std::string wrong = solution();
  replace(wrong, "std::max<std::int64_t>(shape[i + 1], 1)", "shape[i + 1]");
  put(strides, solution(), hours(0));
  CHECK(passes());
  put(strides, wrong, hours(1));  // as cp -p does, or mv
  CHECK_FALSE(passes());
  put(strides, solution(), hours(2));
  CHECK(passes());
  CHECK(contains(in_pipe({"progress"}).output, "✓ 1.1"));
  put(strides, wrong, hours(3));
  CHECK_FALSE(contains(in_pipe({"progress"}).output, "✓ 1.1"));

  // What does not compile leaves nothing behind that would pass for what came before it.
  put(strides, solution(), hours(4));
  CHECK(passes());
  put(strides, "#error not today\n" + solution(), hours(0));
  CHECK_FALSE(passes());
  put(strides, wrong, hours(5));
  CHECK_FALSE(passes());

  // A header beside the answer is a part of it.
  std::string with_header = "#include \"mine.h\"\n" + solution();
  replace(with_header, "std::max<std::int64_t>(shape[i + 1], 1)", "mine(shape[i + 1])");
  const fs::path header = strides.parent_path() / "mine.h";
  put(header, "#define mine(n) std::max<std::int64_t>(n, 1)\n", hours(1));
  put(strides, with_header, hours(1));
  CHECK(passes());
  put(header, "#define mine(n) n\n", hours(2));
  CHECK_FALSE(passes());
}

TEST_CASE("what the compiler has warned of stands beside the verdict, every time") {
  start_afresh();
  std::string answer = solution();
  replace(answer, "  return strides;\n", "");
  write_file(strides, answer);
  for (int time = 0; time < 2; ++time) {  // the second time, nothing is compiled
    const Outcome test = in_pipe({"test", "1.1"});
    CHECK(test.status == 1);
    CHECK_MESSAGE(contains(test.output, "the compiler warns:\n  exercises/01_tensors/strides.cpp:"),
                  test.output);
    CHECK(contains(test.output, "[-Wreturn-type]"));
    CHECK_FALSE(contains(test.output, "does not compile"));
  }
  answer = solution();
  replace(answer, "  return strides;\n",
          "  double unset;\n  if (unset > 1e9) strides.clear();\n  return strides;\n");
  write_file(strides, answer);
  const Outcome unset = in_pipe({"test", "1.1"});
  CHECK_MESSAGE(contains(unset.output, "is used uninitialized [-Wuninitialized]"),
                unset.output);
  write_file(strides, solution());
  CHECK_FALSE(contains(in_pipe({"test", "1.1"}).output, "the compiler warns"));
}

TEST_CASE("an answer passes by the judge's last word, not by an exit status") {
  start_afresh();
  write_file(strides, "#include <sys/syscall.h>\n#include <unistd.h>\n" + solution() +
                          "static const long leaves = syscall(SYS_exit_group, 0);\n");
  const Outcome test = in_pipe({"test", "1.1"});
  CHECK(test.status == 1);
  CHECK_MESSAGE(
      contains(test.output, "✗ 1.1  the test ended with exit status 0, but before its last"),
      test.output);
  CHECK_FALSE(contains(in_pipe({"progress"}).output, "✓ 1.1"));
}

TEST_CASE("one ./learn builds at a time: the other says that it waits") {
  start_afresh();
  const int lock = open((build / "learn.lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  REQUIRE(lock >= 0);
  REQUIRE(flock(lock, LOCK_EX) == 0);
  Session test({(build / "learn").string(), "test", "1.1"}, false);
  CHECK(test.wait_for("another ./learn is building here"));
  close(lock);
  CHECK(contains(test.finish(), "still to be written"));
}

TEST_CASE("hints come one after the other") {
  start_afresh();
  CHECK(contains(in_pipe({"hint", "1.1"}).output, "hint 1 of 3: which idea"));
  CHECK(contains(in_pipe({"hint"}).output, "hint 2 of 3: which step"));  // of the next exercise
  CHECK(contains(in_pipe({"hint", "1.1"}).output, "hint 3 of 3: nearly the line"));
  CHECK(contains(in_pipe({"hint", "1.1"}).output, "hint 3 of 3"));
  CHECK(contains(in_pipe({"hint", "1.1", "--level", "1"}).output, "hint 1 of 3"));
}

TEST_CASE("reset keeps what was there, every time") {
  start_afresh();
  CHECK(contains(in_pipe({"reset", "1.1"}).output, "is the stub already"));
  for (const std::string text : {"// one\n", "// two\n"}) {
    write_file(strides, text);
    CHECK(in_pipe({"reset", "1.1"}).status == 0);
    CHECK(read_file(strides) == stub_of("01_tensors/strides.cpp"));
  }
  CHECK(read_file(answers / ".kept/01_tensors/strides.cpp.1") == "// one\n");
  CHECK(read_file(answers / ".kept/01_tensors/strides.cpp.2") == "// two\n");
  fs::remove(strides);
  CHECK(in_pipe({"reset", "1.1"}).status == 0);
  CHECK(fs::exists(strides));
}

TEST_CASE("diff shows the learner's answer beside the reference, and says which is which") {
  start_afresh();
  std::string wrong = solution();
  replace(wrong, "std::max<std::int64_t>(shape[i + 1], 1)", "shape[i + 1]");
  write_file(strides, wrong);
  const Outcome unified = in_pipe({"diff", "1.1"});  // somebody has begun: nothing to ask about
  CHECK(unified.status == 0);
  CHECK_MESSAGE(contains(unified.output, "-    strides[i] = strides[i + 1] * shape[i + 1];"),
                unified.output);
  CHECK(contains(unified.output, "- yours"));
  CHECK(contains(in_terminal({"diff", "1.1"}).output, "\x1b[3") == has_terminals());
  CHECK(in_pipe({"diff", "1.1", "--side-by-side"}).status == 0);
  write_file(strides, solution());
  CHECK(contains(in_pipe({"diff", "1.1"}).output, "to the letter"));
}

TEST_CASE("diff of a stub asks somebody who sits there, and takes no for an answer") {
  if (!has_terminals()) return;
  start_afresh();
  for (const auto& [answer, shown] : {std::pair{"\n", false}, {"n\n", false}, {"y\n", true}}) {
    Session diff({(build / "learn").string(), "diff", "1.1"}, true);
    CHECK(diff.wait_for("Show it? [y/N]"));
    diff.type(answer);
    const std::string said = diff.finish();
    CHECK(contains(said, "strides(shape.size(), 1)") == shown);
    CHECK(diff.status() == (shown ? 0 : 1));
  }
}

TEST_CASE("several exercises and chapters in one call; after a pass the next of that chapter") {
  start_afresh();
  write_file(strides, solution());
  const Outcome two = in_pipe({"test", "1.1", "1.2"});
  CHECK(two.status == 1);
  CHECK_MESSAGE(contains(two.output, "1.1  Row-major strides passes all"), two.output);
  CHECK(contains(two.output, "1.2 is still to be written"));
  CHECK(contains(two.output, "passed: 1.1"));
  CHECK(contains(two.output, "failed: 1.2"));

  // Somebody who begins in chapter 3 is not sent back to chapter 1.
  start_afresh();
  const std::string linear = "03_modules/linear.cpp";
  write_file(answers / linear, read_file(root / "solutions" / linear));
  const Outcome pass = in_pipe({"test", "3.2"});
  CHECK(pass.status == 0);
  CHECK_MESSAGE(contains(pass.output, "Next: 3.3"), pass.output);
  CHECK(contains(in_pipe({"next"}).output, "Next: 3.3"));
  CHECK(contains(in_pipe({"progress"}).output, "next: 3.3"));
  CHECK(contains(in_pipe({"hint"}).output, "3.3"));
  // What was begun last, and does not pass, is where they are.
  write_file(strides, solution() + "\nint broken() { return nothing; }\n");
  CHECK(contains(in_pipe({"next"}).output, "Next: 1.1"));
}

TEST_CASE("watch celebrates a pass, stays there, and goes on when a key says so") {
  if (!has_terminals()) return;
  start_afresh();
  Session watch({(build / "learn").string(), "watch"}, true);
  CHECK(watch.wait_for("1.1 is still to be written"));
  CHECK(watch.wait_for("0 of "));
  CHECK(watch.wait_for("help"));
  CHECK_FALSE(watch.waits_for_lines());
  CHECK_FALSE(watch.echoes());
  write_file(strides, solution());
  CHECK(watch.wait_for("Solved: 1.1 Row-major strides"));
  CHECK(watch.wait_for("Next: "));
  CHECK(watch.wait_for("watching exercises/01_tensors/strides.cpp"));
  CHECK_FALSE(watch.says_within(std::chrono::seconds(1), "1.2 is still to be written"));
  watch.type("x\x1b[A");  // no keys of ours
  watch.type("h");
  CHECK(watch.wait_for("hint 1 of 3"));
  watch.type("?");
  CHECK(watch.wait_for("puts the stub back"));
  watch.type("n");
  CHECK(watch.wait_for("1.2 is still to be written"));
  watch.type("l");
  CHECK(watch.wait_for("41 exercises solved"));
  CHECK(watch.wait_for("Enter to stay"));
  CHECK(watch.waits_for_lines());
  watch.type("1.1\n");
  CHECK(watch.wait_for("Solved: 1.1"));
  watch.type("r");
  CHECK(watch.wait_for("[y/N]"));
  watch.type("n\n");
  CHECK(watch.wait_for("watching"));
  CHECK(read_file(strides) == solution());
  watch.type("r");
  CHECK(watch.wait_for("[y/N]"));
  watch.type("y\n");
  CHECK(watch.wait_for("1.1 is still to be written"));
  CHECK(read_file(strides) == stub_of("01_tensors/strides.cpp"));
  CHECK(read_file(answers / ".kept/01_tensors/strides.cpp.1") == solution());
  watch.type("q");
  const std::string said = watch.finish();
  CHECK(watch.status() == 0);
  CHECK_FALSE(contains(said, "\x1b[3J"));  // what was there can be scrolled back to
  CHECK(watch.left_nothing());
}

TEST_CASE("watch gives the terminal back: Ctrl-C, Ctrl-Z and fg, kill, the end") {
  if (!has_terminals()) return;
  start_afresh();
  for (const std::string way : {"q", "\x03", "kill", "Ctrl-Z"}) {
    INFO(way);
    Session watch({(build / "learn").string(), "watch"}, true);
    CHECK(watch.wait_for("watching"));
    CHECK(watch.wait_for("help"));
    CHECK_FALSE(watch.waits_for_lines());
    if (way == "Ctrl-Z") {
      watch.type("\x1a");
      CHECK(watch.is_stopped());
      CHECK(watch.waits_for_lines());
      CHECK(watch.echoes());
      kill(watch.pid(), SIGCONT);
      CHECK(watch.wait_for("watching"));  // which is drawn again
      CHECK_FALSE(watch.waits_for_lines());
      watch.type("\x03");
    } else if (way == "kill") {
      kill(watch.pid(), SIGTERM);
    } else {
      watch.type(way);
    }
    watch.finish();
    CHECK(watch.waits_for_lines());
    CHECK(watch.echoes());
    CHECK(watch.status() == (way == "q" ? 0 : way == "kill" ? 143 : 130));
    CHECK(watch.left_nothing());
  }
}

TEST_CASE("watch notices a file that is replaced by one with an older date, and one that is gone") {
  if (!has_terminals()) return;
  start_afresh();
  Session watch({(build / "learn").string(), "watch", "1.1"}, true);
  CHECK(watch.wait_for("watching"));
  const fs::path kept = answers / "kept.cpp";
  write_file(kept, solution());
  fs::last_write_time(kept, fs::last_write_time(strides) - std::chrono::hours(1));
  fs::rename(kept, strides);
  CHECK(watch.wait_for("testing YOUR"));
  CHECK(watch.wait_for("watching"));
  fs::remove(strides);
  CHECK(watch.wait_for("is missing"));
  watch.type("q");
  watch.finish();
  CHECK(watch.status() == 0);
}

TEST_CASE("watch without a terminal needs no keys: it goes on by itself, until it is stopped") {
  start_afresh();
  Session watch({(build / "learn").string(), "watch"}, false);
  CHECK(watch.wait_for("1.1 is still to be written"));
  CHECK(watch.wait_for("Ctrl-C ends"));
  write_file(strides, solution());
  CHECK(watch.wait_for("Solved: 1.1"));
  CHECK(watch.wait_for("1.2 is still to be written"));
  CHECK(watch.wait_for("Ctrl-C ends"));
  kill(watch.pid(), SIGINT);
  const std::string said = watch.finish();
  CHECK(watch.status() == 130);
  CHECK_FALSE(contains(said, "\x1b"));
  CHECK(watch.left_nothing());
}

TEST_CASE("Ctrl-C in a verdict leaves nothing running") {
  if (!has_terminals()) return;
  start_afresh();
  std::string endless = solution();
  replace(endless, "return strides;", "while (true) strides[0] ^= 1;");
  write_file(strides, endless);
  Session test({(build / "learn").string(), "test", "1.1"}, true);
  CHECK(test.wait_for("testing YOUR"));
  test.type("\x03");
  const std::string said = test.finish();
  INFO(said);
  CHECK(said.find("it crashed") == said.npos);
  CHECK(test.status() == 130);
  CHECK(test.left_nothing());
}

TEST_CASE("a newer version of the repository does not touch what somebody has written") {
  // Two clones with git, as they are in life: upstream changes one stub's comment and another stub.
  if (std::system("git --version >/dev/null 2>&1") != 0) {
    MESSAGE("skipped: there is no git here");
    return;
  }
  const fs::path here = build / "pulled";
  fs::remove_all(here);
  const std::string git =
      "git -c user.name=Learner -c user.email=learner@example.org -c init.defaultBranch=main ";
  const auto run = [&](const fs::path& folder, const std::string& command) {
    const std::string whole = "cd '" + folder.string() + "' && " + command + " >/dev/null 2>&1";
    CHECK_MESSAGE(std::system(whole.c_str()) == 0, command);
  };
  const fs::path upstream = here / "upstream", mine = here / "mine";
  fs::create_directories(upstream / "solutions");
  fs::copy(root / "solutions/01_tensors", upstream / "solutions/01_tensors",
           fs::copy_options::recursive);
  const std::string carve = "'" + (build / "carve").string() + "' --root .";
  run(upstream, carve);
  run(upstream, git + "init && " + git + "add -A && " + git + "commit -m first");
  run(here, git + "clone upstream mine");

  std::string answer = read_file(mine / "exercises/01_tensors/strides.cpp");
  replace(answer, "throw NotImplemented(\"1.1\");", "return {};  // not finished");
  write_file(mine / "exercises/01_tensors/strides.cpp", answer);

  std::string solution = read_file(upstream / "solutions/01_tensors/strides.cpp");
  replace(solution, "namespace kindling {", "/// A newer comment.\nnamespace kindling {");
  write_file(upstream / "solutions/01_tensors/strides.cpp", solution);
  std::string other = read_file(upstream / "solutions/01_tensors/transpose.cpp");
  replace(other, "namespace kindling {", "/// Another one.\nnamespace kindling {");
  write_file(upstream / "solutions/01_tensors/transpose.cpp", other);
  run(upstream, carve + " && " + git + "commit -am second");

  run(mine, git + "pull --rebase --autostash");
  const std::string merged = read_file(mine / "exercises/01_tensors/strides.cpp");
  CHECK(contains(merged, "return {};  // not finished"));
  CHECK(contains(merged, "A newer comment."));
  CHECK(contains(read_file(mine / "exercises/01_tensors/transpose.cpp"), "Another one."));
  run(mine, carve);  // a learner who runs the carver, too
  CHECK(read_file(mine / "exercises/01_tensors/strides.cpp") == merged);
}

TEST_CASE(
    "the learner's own framework: what passes is theirs, the rest is borrowed, and it says so") {
  start_afresh();
  write_file(strides, solution());
  const Outcome mine = in_pipe({"mine"});
  CHECK(mine.status == 0);
  CHECK_MESSAGE(contains(mine.output, "  01_tensors      yours: 1.1\n"), mine.output);
  CHECK_MESSAGE(contains(mine.output, "\n                  borrowed: 1.2 1.3"), mine.output);
  CHECK(contains(mine.output, "1 of "));
}
