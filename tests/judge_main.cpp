/// The main program of every judge: runs the test cases of one exercise, and says what it found in
/// a way that somebody who is stuck can use.
#define DOCTEST_CONFIG_IMPLEMENT
#define DOCTEST_CONFIG_NO_POSIX_SIGNALS  // it would call Ctrl-C a crash, too, and tell of it
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <condition_variable>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <mutex>
#include <optional>
#include <sstream>
#include <string>
#include <thread>

#include "testing/judged.h"
#include "tools/exercises.h"
#include "tools/terminal.h"

namespace kindling::testing {
namespace {

/// What went wrong, if the program is about to abort.
std::string why_aborted;

/// "std::vector::operator[]", of "…reference std::vector<_Tp, _Alloc>::operator[](size_type)
/// [with…".
std::string name_of(std::string_view signature) {
  std::string name;
  int depth = 0;
  for (const char c : signature.substr(0, signature.find(" ["))) {
    depth += c == '<' ? 1 : 0;
    if (depth == 0) name += c;
    depth -= c == '>' ? 1 : 0;
  }
  name.resize(std::min(name.rfind('('), name.size()));
  name = name.substr(name.rfind(' ') + 1);
  if (name.starts_with("std::_Optional")) return "std::optional";
  const std::string_view abi = "__cxx11::";
  if (const std::size_t at = name.find(abi); at != name.npos) name.erase(at, abi.size());
  return name;
}

void remember_why(const std::string& function, std::string condition) {
  if (condition.find("< this->size()") != std::string::npos || condition == "__idx < size()")
    condition = "an index below its size()";
  else if (condition == "!this->empty()")
    condition = "that it is not empty";
  else if (condition.find("_M_is_engaged()") != std::string::npos)
    condition = "that it holds a value";
  why_aborted = fmt::format("{} of the standard library expects {}", function, condition);
}

/// Ends the program if a test case has not ended in time: a wrong answer may wait for something
/// that never comes.
class Watchdog {
 public:
  template <class Bark>
  explicit Watchdog(Bark bark)
      : thread_([this, bark] {
          std::unique_lock lock(mutex_);
          const auto start = std::chrono::steady_clock::now();
          const auto end = [start] { return start + patience.load(); };  // a test may ask for more
          while (!done_.wait_until(lock, end(), [this] { return called_off_; }))
            if (std::chrono::steady_clock::now() >= end()) return bark();
        }) {}
  ~Watchdog() {
    {
      const std::scoped_lock lock(mutex_);
      called_off_ = true;
    }
    done_.notify_one();
    thread_.join();
  }

 private:
  std::mutex mutex_;
  std::condition_variable done_;
  bool called_off_ = false;
  std::thread thread_;
};

/// The first line, and the others.
std::pair<std::string, std::string> split_off_headline(const std::string& text) {
  const std::size_t end = text.find('\n');
  return {text.substr(0, end), end == text.npos ? "" : text.substr(end + 1)};
}

void print_indented(const std::string& text) {
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) fmt::print("      {}\n", line);
}

class Verdict : public doctest::IReporter {
 public:
  explicit Verdict(const doctest::ContextOptions&) {
    for (const learn::Exercise& exercise : learn::find_exercises(KINDLING_SOURCE_DIR))
      if (exercise.number == judged_exercise) exercise_ = exercise;
    judging_ = this;
    handle_crashes();
  }

  ~Verdict() override {
    for (const auto& [signal, name] : crashes) std::signal(signal, SIG_DFL);
  }

  void test_run_start() override {
    fmt::print("\n{}\n", learn::rule(fmt::format("{}  {}", judged_exercise, exercise_.title)));
    fmt::print("testing YOUR {}, and the reference for all else\n\n", judged_file);
    std::fflush(stdout);
  }

  void test_case_start(const doctest::TestCaseData& test_case) override {
    asked_ = std::string(test_case.m_name).substr(std::string(judged_exercise).size());
    asked_.erase(0, asked_.find_first_not_of(' '));
    failure_.reset();
    skipped_.clear();
    patience = usual_patience;
    watchdog_.emplace([this] {
      fail(
          fmt::format("still not done after {} s: a loop that never ends, or a wait for what never "
                      "comes",
                      patience.load().count()),
          "", "", 0);
      report_case();
      finish();
      _exit(1);
    });
  }

  void test_case_end(const doctest::CurrentTestCaseStats&) override {
    watchdog_.reset();
    report_case();
  }

  void test_case_exception(const doctest::TestCaseException& e) override {
    const auto [headline, details] = split_off_headline(e.error_string.c_str());
    fail(headline, details, "", 0);
  }

  void log_assert(const doctest::AssertData& data) override {
    if (!data.m_failed) return;
    const std::string expression = data.m_expr;
    const std::string values = data.m_decomp.c_str();
    if (data.m_threw)
      fail(data.m_exception.c_str(), "", data.m_file, data.m_line);
    else
      fail(fmt::format("expected {}", expression), values.empty() ? "" : "got " + values,
           data.m_file, data.m_line);
  }

  void log_message(const doctest::MessageData& data) override {
    if (data.m_severity == doctest::assertType::is_warn) {
      skipped_ = data.m_string.c_str();
      return;
    }
    const auto [headline, details] = split_off_headline(data.m_string.c_str());
    fail(headline, details, data.m_file, data.m_line);
  }

  void test_run_end(const doctest::TestRunStats&) override { finish(); }

  void report_query(const doctest::QueryData&) override {}
  void test_case_reenter(const doctest::TestCaseData&) override {}
  void subcase_start(const doctest::SubcaseSignature&) override {}
  void subcase_end() override {}
  void test_case_skipped(const doctest::TestCaseData&) override {}

 private:
  struct Failure {
    std::string headline, given, details, place;
  };

  void fail(const std::string& headline, const std::string& details, const std::string& file,
            int line) {
    if (failure_) return;  // what came first says most
    const bool stub = headline.find("is still to be written") != headline.npos;
    failure_ = Failure{headline, stub ? "" : given(), details, ""};
    if (!file.empty())
      failure_->place = fmt::format(
          "{}:{}", std::filesystem::path(file).lexically_proximate(KINDLING_SOURCE_DIR).string(),
          line);
  }

  /// What GIVEN() says: on the way out of an exception it has been put by already.
  static std::string given() {
    std::ostringstream text;
    for (int i = 0; i < get_num_active_contexts(); ++i) {
      get_active_contexts()[i]->stringify(&text);
      text << "\n";
    }
    for (int i = get_num_stringified_contexts(); i-- > 0;)
      text << get_stringified_contexts()[i].c_str() << "\n";
    return text.str();
  }

  static void handle_crashes() {
    static std::array<char, 1 << 16> stack;  // for when the usual one has been used up
    const stack_t on = {.ss_sp = stack.data(), .ss_flags = 0, .ss_size = stack.size()};
    sigaltstack(&on, nullptr);
    struct sigaction action = {};
    action.sa_handler = crash;
    action.sa_flags = SA_ONSTACK | static_cast<int>(SA_RESETHAND);  // once is enough
    for (const auto& [signal, name] : crashes) sigaction(signal, &action, nullptr);
  }

  /// Allocates and prints, which a signal's handler must not: but what else is there to lose?
  static void crash(int signal) {
    std::string name;
    for (const auto& [number, words] : crashes)
      if (number == signal) name = words;
    judging_->fail("it crashed: " + (why_aborted.empty() ? name : why_aborted), "", "", 0);
    judging_->report_case();
    judging_->finish();
    _exit(1);  // all has been said; the shell would add a line of its own
  }

  void report_case() {
    ++cases_;
    const bool has_passed = !failure_ && skipped_.empty();
    fmt::print("  {} {}\n",
               has_passed ? learn::tick()
               : failure_ ? learn::cross()
                          : learn::dot(),
               asked_);
    if (!failure_) print_indented(skipped_);
    if (failure_ && cases_failed++ == 0) {  // the others are likely to say the same
      first_ = *failure_;
      print_indented(failure_->given);
      print_indented(failure_->details);
      if (!failure_->place.empty())
        fmt::print("      {}\n", learn::dim("asked in " + failure_->place));
    }
    std::fflush(stdout);
  }

  void finish() {
    if (cases_ == 0) {
      fmt::print("  there is no test case for exercise {}\n", judged_exercise);
      std::fflush(stdout);
      _exit(1);
    }
    if (cases_failed == 0) {
      fmt::print("\n{} {}  {} passes all {} of its tests\n", learn::tick(), judged_exercise,
                 exercise_.title, cases_);
    } else {
      fmt::print("\n  edit   {}\n", learn::place_to_edit(KINDLING_SOURCE_DIR, exercise_));
      fmt::print("  hint   ./learn hint {0}\n  again  ./learn test {0}\n", judged_exercise);
      fmt::print("\n{} {}  {}\n", learn::cross(), judged_exercise, first_.headline);
    }
    std::fflush(stdout);
  }

  learn::Exercise exercise_;
  std::string asked_;
  std::optional<Failure> failure_;  // of the running test case
  std::string skipped_;             // and what it says that it has not looked at
  Failure first_;
  int cases_ = 0;
  std::optional<Watchdog> watchdog_;

  static constexpr std::array<std::pair<int, const char*>, 5> crashes = {
      {{SIGSEGV, "SIGSEGV - a pointer or an index to where nothing is, or endless recursion"},
       {SIGBUS, "SIGBUS - a pointer or an index to where nothing is"},
       {SIGFPE, "SIGFPE - a whole number divided by 0"},
       {SIGILL, "SIGILL - an instruction that this processor does not have"},
       {SIGABRT, "SIGABRT - it was ended by abort()"}}};
  static inline Verdict* judging_ = nullptr;
};

REGISTER_REPORTER("verdict", 1, Verdict);

}  // namespace
}  // namespace kindling::testing

#ifdef __GLIBCXX__
/// What the standard library calls, in place of its own, in code with _GLIBCXX_ASSERTIONS.
namespace std {
[[noreturn]] void __glibcxx_assert_fail(const char*, int, const char* function,
                                        const char* condition) noexcept {
  kindling::testing::remember_why(kindling::testing::name_of(function), condition);
  std::abort();
}
}  // namespace std
#endif

int main(int argc, char** argv) {
  if (const auto& before = kindling::testing::before_judging)
    if (const std::optional<int> status = before(argc, argv)) return *status;
  doctest::Context context;
  context.setOption("reporters", "verdict");
  context.addFilter("test-case", (std::string(kindling::testing::judged_exercise) + "  *").c_str());
  context.setOption("no-version", true);
  context.applyCommandLine(argc, argv);
  return context.run();
}
