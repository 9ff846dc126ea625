/// The parent: listens to the child, and writes the verdict.
#include <fmt/format.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <fstream>
#include <optional>
#include <set>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "judge/events.h"
#include "testing/judged.h"
#include "testing/source_lines.h"
#include "tools/exercises.h"
#include "tools/terminal.h"

namespace kindling::testing {
namespace {

using Clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

constexpr std::chrono::seconds most_patience_with_reference{60};
// An answer that needs more is one that will not end.
constexpr std::size_t most_megabytes = 1024;
constexpr std::size_t most_printed = std::size_t(16) << 20;
// What is shown of it.
constexpr std::size_t most_lines = 20, most_columns = 160, longest_headline = 600;

constexpr std::array<std::pair<int, const char*>, 5> crashes = {
    {{SIGSEGV, "SIGSEGV - a pointer or an index to where nothing is"},
     {SIGBUS, "SIGBUS - a pointer or an index to where nothing is"},
     {SIGFPE, "SIGFPE - a whole number divided by 0"},
     {SIGILL, "SIGILL - an instruction that this processor does not have"},
     {SIGABRT, "SIGABRT - it was ended by abort()"}}};

/// What GCC writes into a variable that gets no value: bytes of 0xFE. As a float, a double, an
/// int64 and an int.
constexpr std::array<const char*, 4> unwritten_numbers = {"-1.694739", "-5.4861",
                                                          "-7234017283807667", "-16843010"};

/// Paths as the reader knows them: from the top of the repository.
std::string readable(std::string text) {
  const std::string root = KINDLING_SOURCE_DIR "/";
  for (std::size_t at = 0; (at = text.find(root, at)) != text.npos;) text.erase(at, root.size());
  return text;
}

/// At most `most` characters, of which none is cut in half.
std::string shortened(const std::string& line, std::size_t most) {
  if (line.size() <= most) return line;
  std::size_t end = most;
  while (end > 0 && (line[end] & 0xC0) == 0x80) --end;  // within a character of UTF-8
  return line.substr(0, end) + "…";
}

/// Behind which of its columns the text of a line begins: "  look at    the mask", 13.
std::size_t length_of_label(std::string_view line) {
  const std::size_t begin = std::min(line.find_first_not_of(' '), line.size());
  const std::string_view text = line.substr(begin), longest = "expected";
  const std::size_t gap = text.starts_with("expected ") ? longest.size() : text.find("  ");
  if (gap > longest.size()) return begin;
  return begin + std::min(text.find_first_not_of(' ', gap), text.size());
}

/// "expected tensor([[1., 2.],", "          [3., 4.]])": numbers beneath each other stay so.
bool is_row(std::string_view line) {
  line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
  const std::string_view first = line.substr(0, line.find(' '));
  return line.find("tensor(") != line.npos || first.starts_with('[') || first.ends_with(',');
}

void print_lines(const std::string& text) {
  std::istringstream lines(text);
  std::size_t count = 0;
  for (std::string line; std::getline(lines, line); ++count) {
    if (count >= most_lines) continue;
    line = shortened(line, most_columns);
    const std::size_t label = is_row(line) ? line.size() : length_of_label(line);
    fmt::print("      {}{}\n", line.substr(0, label), learn::fitted(line.substr(label), 6 + label));
  }
  if (count > most_lines) fmt::print("      … and {} lines more\n", count - most_lines);
}

/// What the answer has printed in one test case: its beginning, and how much it was.
class Printed {
 public:
  void add(std::string_view text) {
    bytes_ += text.size();
    for (const char c : text) {
      if (c == '\n') {
        ++lines_;
        if (!line_.empty() && line_[0] != ' ') last_words_ = line_;
        line_.clear();
      } else if (line_.size() < most_columns) {
        line_ += c;
      }
      if (lines_ < most_lines && shown_.size() < most_lines * most_columns) shown_ += c;
    }
  }
  std::size_t bytes() const { return bytes_; }
  /// The last line that is none of those, further to the right, that say more of one before.
  std::string last_words() const { return line_.empty() || line_[0] == ' ' ? last_words_ : line_; }
  /// At most `left` lines, of which those that were shown are taken.
  void print(std::size_t& left) const {
    if (bytes_ == 0) return;
    std::istringstream lines(shown_);
    std::size_t count = 0;
    for (std::string line; count < left && std::getline(lines, line); ++count)
      fmt::print("      {} {}\n", learn::dim("|"), shortened(line, most_columns));
    left -= count;
    if (lines_ > count)
      fmt::print("      {}\n", learn::dim(fmt::format("| … and {} lines more", lines_ - count)));
  }

 private:
  std::string shown_, line_, last_words_;
  std::size_t lines_ = 0, bytes_ = 0;
};

struct Failure {
  std::string headline, details = "", given = "", asked_in = "";
};

/// What addresses of the child say: it is a copy of this process, so they are the same here.
struct Place {
  std::string in_answer;  // "exercises/01_tensors/strides.cpp:14"
  std::string in_test;    // "tests/01_tensors/exercises.cpp:76"
};

/// Where `file` has called, with nothing in between but the standard library; empty if somebody
/// else has.
std::string caller_in(std::vector<void*> frames, const std::string& file) {
  std::erase_if(frames, [](const void* address) { return !is_in_program(address); });
  for (const std::string& line : source_lines(frames, Unknown::empty)) {
    if (line.starts_with(file + ":")) return line;
    if (!line.starts_with("/")) return "";
  }
  return "";
}

Place find_place(const std::vector<void*>& frames) {
  Place place;
  for (const std::string& line : source_lines(frames)) {
    if (line.starts_with(std::string(judged_file) + ":")) {
      if (place.in_answer.empty()) place.in_answer = line;
    } else if (line.starts_with("tests/") && place.in_test.empty()) {
      place.in_test = line;
    }
  }
  return place;
}

class Verdict {
 public:
  explicit Verdict(pid_t child) : child_(child) {
    for (const learn::Exercise& exercise : learn::find_exercises(KINDLING_SOURCE_DIR))
      if (exercise.number == judged_exercise) exercise_ = exercise;
    fmt::print("\n{}\n", learn::rule(fmt::format("{}  {}", judged_exercise, exercise_.title)));
    fmt::print("{}\n\n",
               learn::fitted(
                   fmt::format("testing YOUR {}, and the reference for all else", judged_file), 0));
    std::fflush(stdout);
  }

  void take(const Message& message) {
    const auto& fields = message.fields;
    switch (message.event) {
      case Event::case_begins:
        begin_case(fields[0], fields[1]);
        break;
      case Event::more_time:
        patience_ = std::chrono::seconds(std::stoi(fields[0]));
        break;
      case Event::waits:
        if (fields[0] == "1")
          waits_since_ = Clock::now();
        else
          waits_since_.reset();
        waited_ += std::chrono::microseconds(std::stoll("0" + fields[1]));
        break;
      case Event::failure:
        note_failure(fields);
        break;
      case Event::skipped:
        skipped_ = fields[0];
        break;
      case Event::tried:
        tried_ = fmt::format(", and {} random programs (seed {})", fields[0], fields[1]);
        break;
      case Event::case_ends:
        end_case();
        break;
      case Event::left_behind:
        note_left_behind(values_in<void*>(fields[0]));
        break;
      case Event::crash:
        if (const auto signal = values_in<int>(fields[0]); signal.size() == 1) {
          given_ = fields[3];
          about_ = fields[4];
          note_crash(signal[0], fields[1], values_in<void*>(fields[2]));
        }
        break;
      case Event::finished:
        finished_ = true;
        break;
    }
  }
  /// What the answer has printed, and between its test cases a `next_case`.
  void take_printed(std::string_view text) {
    for (std::size_t end; (end = text.find(next_case)) != text.npos; text.remove_prefix(end + 1)) {
      printed_.back().add(text.substr(0, end));
      printed_.emplace_back();
    }
    printed_.back().add(text);
  }

  /// Ends the child if it has had enough time, memory or paper.
  void look_after() {
    if (stopped_because_ || crashed_ || finished_ || !running_) return;
    if (waits_since_ && Clock::now() - *waits_since_ >= most_patience_with_reference)
      stop(
          fmt::format("the reference was not done after {} s: that is a fault of Kindling, not of "
                      "the answer",
                      most_patience_with_reference.count()));
    else if (!waits_since_ &&
             Clock::now() - started_ - waited_ - (starved() - starved_before_) >= patience_)
      stop(
          fmt::format("still not done after {} s: a loop that never ends, or a wait for what never "
                      "comes",
                      patience_.count()));
    else if (megabytes() > megabytes_before_ + most_megabytes)
      stop(fmt::format("your answer asked for more than {} MB of memory", most_megabytes));
    else if (printed_.back().bytes() > most_printed)
      stop(fmt::format("your answer printed more than {} MB, as a loop does that never ends",
                       most_printed >> 20));
  }
  /// Whether there is nothing more to wait for.
  bool is_over() const { return give_up_at_ && Clock::now() >= *give_up_at_; }
  bool is_finished() const { return finished_; }

  /// The child is gone before its last word, or has no more words; then there is no `status`.
  void child_ended(std::optional<int> status) {
    if (!running_) asked_ = cases_ == 0 ? "before the first test case" : "after the last test case";
    if (stopped_because_) {
      failure_ = Failure{.headline = *stopped_because_ + at(crash_place_), .given = given_};
    } else if (crashed_) {
      if (crash_.empty()) crash_ = describe_crash(SIGABRT);
      const bool says_where = crash_.find(judged_file) != std::string::npos;
      failure_ =
          Failure{.headline = crash_ + (says_where ? "" : at(crash_place_)), .given = given_};
    } else if (!status || (WIFEXITED(*status) && WEXITSTATUS(*status) == has_spoken)) {
      failure_ = Failure{.headline =
                             "it fell silent: it has closed files that are not its own, or "
                             "become another program"};
    } else if (WIFSIGNALED(*status)) {
      failure_ = Failure{.headline = describe_crash(WTERMSIG(*status))};
    } else {
      failure_ = Failure{.headline = fmt::format("it ended the program, by exit({}) or the like, "
                                                 "instead of returning",
                                                 WEXITSTATUS(*status))};
    }
    if (running_) failure_->asked_in = asked_in_;
    report_case();
    fmt::print("      {}\n", learn::dim("what is asked after this was not looked at"));
  }

  int finish() {
    if (cases_ == 0) {
      fmt::print("  there is no test case for exercise {}\n", judged_exercise);
      return 1;
    }
    if (failed_ == 0) {
      print_last(learn::tick(),
                 fmt::format("{} passes all {} of its tests{}", exercise_.title, cases_, tried_));
      std::fflush(stdout);
      if (const char* const file = std::getenv(learn::last_word))
        learn::write_file(file, judged_exercise);
      return 0;
    }
    std::vector<std::string> functions(to_edit_.begin(), to_edit_.end());
    if (to_edit_.contains("")) functions.clear();  // it may be any
    fmt::print("\n  edit   {}\n",
               learn::fitted(learn::place_to_edit(KINDLING_SOURCE_DIR, exercise_, functions), 9));
    fmt::print("  hint   ./learn hint {0}\n  again  ./learn test {0}\n", judged_exercise);
    print_last(learn::cross(), first_headline_);
    return 1;
  }

 private:
  static void print_last(const std::string& mark, const std::string& text) {
    const std::string number = judged_exercise;
    fmt::print("\n{} {}  {}\n", mark, number, learn::fitted(text, number.size() + 4));
  }

  void begin_case(const std::string& asked, const std::string& asked_in) {
    running_ = true;
    asked_ = asked;
    asked_in_ = asked_in;
    about_.clear();
    failure_.reset();
    skipped_.clear();
    given_.clear();
    // What it prints comes by another pipe, and may be ahead of what it says in this one.
    if (printed_.size() > 1)
      printed_.pop_front();
    else
      printed_.front() = {};
    started_ = Clock::now();
    megabytes_before_ = megabytes();
    starved_before_ = starved();
    patience_ = usual_patience;
    waits_since_.reset();
    waited_ = {};
  }

  void end_case() {
    report_case();
    running_ = false;
  }

  void note_failure(const std::vector<std::string>& fields) {
    failure_ = Failure{fields[0], fields[1], fields[2], fields[3]};
    about_ = fields[4];
    if (const std::size_t got = failure_->headline.find("got "); got != std::string::npos)
      for (const char* unwritten : unwritten_numbers)
        if (failure_->headline.find(unwritten, got) != std::string::npos)
          failure_->headline +=
              ", as memory has it in which nobody has written: is there a variable "
              "without a value?";
    const auto frames = values_in<void*>(fields[5]);
    if (frames.empty() || failure_->headline.find("is still to be written") != std::string::npos)
      return;
    const Place place = find_place(frames);
    if (failure_->headline.find(judged_file) == std::string::npos)  // else it says where
      failure_->headline += at(place);
    if (!place.in_test.empty()) failure_->asked_in = place.in_test;
  }

  /// Others start threads, too, and keep them: only those count that the answer itself has started.
  void note_left_behind(const std::vector<void*>& started) {
    if (failure_ || !seen_starts_.insert(started).second) return;
    if (const std::string place = caller_in(started, judged_file); !place.empty())
      failure_ = Failure{.headline = "a thread that it has started, at " + place +
                                     ", still runs when the test case is over: who starts a thread "
                                     "waits for its end",
                         .asked_in = asked_in_};
  }

  void note_crash(int signal, const std::string& why, const std::vector<void*>& frames) {
    crash_place_ = find_place(frames);
    give_up_at_ = Clock::now();
    if (signal == where_are_you) {
      if (stopped_because_ && !why.empty()) *stopped_because_ += ", " + why;
      return;
    }
    crashed_ = true;
    // Of an abort, what was printed before may still be on its way.
    crash_ = why.empty() && signal != SIGABRT ? describe_crash(signal) : why;
  }

  std::string describe_crash(int signal) const {
    // Libraries that end a program say why, and the simulator, too.
    if (signal == SIGABRT && !printed_.front().last_words().empty())
      return "it crashed: " + printed_.front().last_words();
    for (const auto& [number, words] : crashes)
      if (number == signal) return fmt::format("it crashed: {}", words);
    return fmt::format("it was ended by signal {} ({})", signal, strsignal(signal));
  }
  static std::string at(const Place& place) {
    return place.in_answer.empty() ? "" : fmt::format(", at {}", place.in_answer);
  }

  /// The child's handler says where it is, if it still can.
  void stop(const std::string& why) {
    stopped_because_ = why;
    give_up_at_ = Clock::now() + 500ms;
    kill(child_, where_are_you);
  }

  /// How long the child has waited for a processor that others had: on a busy machine, a right
  /// answer may take long. 0 where there is no /proc.
  std::chrono::nanoseconds starved() const {
    std::ifstream file(fmt::format("/proc/{}/schedstat", child_));
    std::int64_t running = 0, waiting = 0;
    file >> running >> waiting;
    return std::chrono::nanoseconds(waiting);
  }

  std::size_t megabytes() const {  // 0 where there is no /proc
    std::ifstream file(fmt::format("/proc/{}/statm", child_));
    std::size_t all = 0, resident = 0;
    file >> all >> resident;
    return resident * static_cast<std::size_t>(sysconf(_SC_PAGESIZE)) >> 20;
  }

  void report_case() {
    ++cases_;
    const bool has_passed = !failure_ && skipped_.empty();
    fmt::print("  {} {}\n",
               has_passed ? learn::tick()
               : failure_ ? learn::cross()
                          : learn::dot(),
               learn::fitted(asked_, 4));
    if (!failure_) print_lines(readable(skipped_));
    if (failure_) report_failure();
    printed_.front().print(printed_left_);
    std::fflush(stdout);
  }

  /// The first in full; of the others the line that says what is wrong, unless it has been said.
  void report_failure() {
    const std::string headline = shortened(readable(failure_->headline), longest_headline);
    const bool stub = headline.find("is still to be written") != headline.npos;
    to_edit_.insert(about_);
    if (!stub)
      fmt::print("      {}\n",
                 said_.insert(headline).second ? learn::fitted(headline, 6) : "the same");
    if (failed_++ > 0) return;
    first_headline_ = headline;
    print_lines(readable(failure_->given));
    print_lines(readable(failure_->details));
    if (failure_->asked_in.empty()) return;
    fmt::print("      {}\n",
               learn::dim(learn::fitted("asked in " + readable(failure_->asked_in), 6)));
  }

  pid_t child_;
  learn::Exercise exercise_;
  int cases_ = 0, failed_ = 0;
  std::string first_headline_;
  std::set<std::string> said_, to_edit_;
  std::string tried_;  // of random programs
  std::set<std::vector<void*>> seen_starts_;
  bool finished_ = false;

  // Of the running test case, or the last one.
  bool running_ = false;
  std::string asked_, about_, asked_in_, skipped_, given_;
  std::optional<Failure> failure_;
  std::deque<Printed> printed_{1};             // by the running test case, and by those after it
  std::size_t printed_left_ = 2 * most_lines;  // to be shown, in all test cases together
  Clock::time_point started_;
  std::size_t megabytes_before_ = 0;
  std::chrono::nanoseconds starved_before_{0};
  std::chrono::seconds patience_ = usual_patience;
  std::optional<Clock::time_point> waits_since_;
  Clock::duration waited_{0};

  // Of the child's end.
  bool crashed_ = false;
  std::string crash_;
  Place crash_place_;
  std::optional<std::string> stopped_because_;
  std::optional<Clock::time_point> give_up_at_;
};

/// Hands on what has come through a pipe; false at its end.
template <class Take>
bool read_some(int pipe, Take take) {
  std::array<char, 1 << 16> buffer;
  const ssize_t count = read(pipe, buffer.data(), buffer.size());
  if (count > 0) take(std::string_view(buffer.data(), static_cast<std::size_t>(count)));
  return count > 0 || (count < 0 && (errno == EINTR || errno == EAGAIN));
}

/// Of a process that has ended, or ends within that time.
std::optional<int> status_of(pid_t child, std::chrono::milliseconds patience) {
  const auto end = Clock::now() + patience;
  int status = 0;
  while (waitpid(child, &status, WNOHANG) != child) {
    if (Clock::now() >= end) return {};
    poll(nullptr, 0, 1);
  }
  return status;
}

bool has_something(int pipe) {
  pollfd ready{.fd = pipe, .events = POLLIN, .revents = 0};
  return poll(&ready, 1, 0) > 0 && (ready.revents & POLLIN);
}

}  // namespace

int give_verdict(int child, int events, int printed) {
  Verdict verdict(child);
  Messages messages;
  const auto read_printed = [&] {
    const bool more =
        read_some(printed, [&](std::string_view text) { verdict.take_printed(text); });
    if (!more) printed = -1;  // closed: poll() would say so again and again
    return more;
  };
  bool listening = true;
  while (listening && !verdict.is_finished() && !verdict.is_over()) {
    std::array<pollfd, 2> ready{{{.fd = events, .events = POLLIN, .revents = 0},
                                 {.fd = printed, .events = POLLIN, .revents = 0}}};
    poll(ready.data(), ready.size(), 20);
    if (ready[1].revents & (POLLIN | POLLHUP)) read_printed();
    if (ready[0].revents & (POLLIN | POLLHUP))
      listening = read_some(events, [&](std::string_view bytes) { messages.add(bytes); });
    while (const auto message = messages.next()) {
      // What it printed before it said this is in the other pipe.
      while (has_something(printed) && read_printed()) verdict.look_after();
      verdict.take(*message);
    }
    verdict.look_after();
  }
  if (verdict.is_finished()) return verdict.finish();  // what its destructors do is no matter
  std::optional<int> status = status_of(child, listening ? 0ms : 200ms);
  kill(child, SIGKILL);
  if (!status) waitpid(child, nullptr, 0);
  while (has_something(printed) && read_printed()) {
  }
  verdict.child_ended(status);
  return verdict.finish();
}

}  // namespace kindling::testing
