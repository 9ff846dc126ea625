/// The child: runs the answer under doctest, and tells the parent what happens.
#define DOCTEST_CONFIG_IMPLEMENT
#define DOCTEST_CONFIG_NO_POSIX_SIGNALS  // it would call Ctrl-C a crash, too, and tell of it
#include <cxxabi.h>
#include <dlfcn.h>
#include <doctest/doctest.h>
#include <execinfo.h>
#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <mutex>
#include <random>
#include <sstream>
#include <string>
#include <typeinfo>

#include "judge/counting_backend.h"
#include "judge/events.h"
#include "kindling/check.h"
#include "testing/judged.h"
#include "tools/cpp.h"

namespace kindling::testing {
namespace {

int to_parent = -1;
const void* stack_top = nullptr;  // of the main thread
std::string kept_seed;            // the name of the file in which one is kept

// Where the code was: return addresses, innermost first. ------------------------------------------

struct Frames {
  std::array<void*, 64> at{};
  int count = 0;
  std::string_view bytes() const { return bytes_of(at.data(), static_cast<std::size_t>(count)); }
};

/// The frames of the calling function's callers. A call returns behind itself, perhaps to the next
/// line: the addresses are those of the calls.
[[gnu::noinline]] Frames frames_here() noexcept {
  Frames frames;
  frames.count = backtrace(frames.at.data(), static_cast<int>(frames.at.size()));
  for (int i = 0; i < frames.count; ++i)
    frames.at[static_cast<std::size_t>(i)] =
        static_cast<char*>(frames.at[static_cast<std::size_t>(i)]) - 1;
  return frames;
}

/// The last exceptions that were thrown, and where: the stack is gone by the time that a test case
/// has caught one.
class Throws {
 public:
  void remember(const void* exception) noexcept {
    const std::scoped_lock lock(mutex_);
    all_[next_++ % all_.size()] = {exception, frames_here()};
  }
  Frames of(const std::exception_ptr& exception) {
    const void* object = nullptr;
    static_assert(sizeof object == sizeof exception);  // it points to the object that was thrown
    std::memcpy(&object, &exception, sizeof object);
    const std::scoped_lock lock(mutex_);
    for (std::size_t back = 1; back <= std::min(next_, all_.size()); ++back)
      if (const auto& [thrown, frames] = all_[(next_ - back) % all_.size()]; thrown == object)
        return frames;
    return {};
  }

 private:
  std::mutex mutex_;
  std::array<std::pair<const void*, Frames>, 32> all_{};
  std::size_t next_ = 0;
};
Throws throws;

// What went wrong, in words. ----------------------------------------------------------------------

/// What is to be said if the program aborts now: kept in plain memory, for a signal's handler.
std::array<char, 1024> why_aborted{};

void remember_why(const std::string& text) {
  why_aborted[text.copy(why_aborted.data(), why_aborted.size() - 1)] = '\0';
}

/// "std::vector::operator[]", of "…reference std::vector<_Tp, _Alloc>::operator[](size_type)
/// [with…".
std::string name_of(std::string_view signature) {
  const auto function = cpp::function_in(signature.substr(0, signature.find(" [")));
  std::string name = function ? function->name : std::string(signature);
  if (name.starts_with("std::_Optional")) return "std::optional";
  const std::string_view abi = "__cxx11::";
  if (const std::size_t at = name.find(abi); at != name.npos) name.erase(at, abi.size());
  return name;
}

std::string library_expects(const std::string& function, std::string condition) {
  if (condition.find("< this->size()") != std::string::npos || condition == "__idx < size()")
    condition = "an index below its size()";
  else if (condition == "!this->empty()")
    condition = "that it is not empty";
  else if (condition.find("_M_is_engaged()") != std::string::npos)
    condition = "that it holds a value";
  return fmt::format("it crashed: {} of the standard library expects {}", function, condition);
}

/// "std::out_of_range"
std::string name_of_exception() {
  const std::type_info* type = abi::__cxa_current_exception_type();
  if (!type) return "exception";
  char* const readable = abi::__cxa_demangle(type->name(), nullptr, nullptr, nullptr);
  const std::string name = readable ? readable : type->name();
  std::free(readable);
  return name;
}

/// The exception that is being handled. What a stub throws says all there is to say; of others,
/// the parent adds where they were thrown.
std::string describe_exception(const std::string& text) {
  try {
    throw;
  } catch (const NotImplemented&) {
    return text;
  } catch (const std::bad_alloc&) {
    return "std::bad_alloc: the answer asked for more memory than there is";
  } catch (const Error&) {  // its text says who complains: of a kernel, the simulator, and where
    return text.find(judged_file) == text.npos ? text + " (kindling::Error)" : text;
  } catch (const std::exception&) {
    return name_of_exception() + ": " + text;
  } catch (...) {
    return "an exception of the type " + name_of_exception() + ", which is no std::exception";
  }
}

[[noreturn]] void say_what_nobody_caught() {
  if (const std::exception_ptr exception = std::current_exception()) {
    std::string text = "unknown";
    try {
      std::rethrow_exception(exception);
    } catch (const std::exception& e) {
      text = describe_exception(e.what());
    } catch (...) {
      text = describe_exception("");
    }
    remember_why("it crashed: nobody caught an exception. " + text);
  }
  std::abort();
}

// The reporter. -----------------------------------------------------------------------------------

/// The first line, and the others.
std::pair<std::string, std::string> split_off_headline(const std::string& text) {
  const std::size_t end = text.find('\n');
  return {text.substr(0, end), end == text.npos ? "" : text.substr(end + 1)};
}

class Reporter : public doctest::IReporter {
 public:
  explicit Reporter(const doctest::ContextOptions&) {
    be_patient = [](std::chrono::seconds seconds) {
      send(to_parent, Event::more_time, {std::to_string(seconds.count())});
    };
    handle_crashes();
  }

  void test_case_start(const doctest::TestCaseData& test_case) override {
    has_failed_ = false;
    asked_in_ = place(test_case.m_file.c_str(), static_cast<int>(test_case.m_line));
    std::string asked = std::string(test_case.m_name).substr(std::string(judged_exercise).size());
    asked.erase(0, asked.find_first_not_of(' '));
    judged_function.clear();
    send(to_parent, Event::case_begins, {asked, asked_in_});
  }

  void test_case_end(const doctest::CurrentTestCaseStats&) override {
    std::cout.flush();
    std::fflush(stdout);
    cases_failed += has_failed_ ? 1 : 0;
    send(to_parent, Event::case_ends, {});
  }

  void test_case_exception(const doctest::TestCaseException& e) override {
    const auto [headline, details] = split_off_headline(e.error_string.c_str());
    fail(describe_exception(headline), details, asked_in_, throws.of(std::current_exception()));
  }

  void log_assert(const doctest::AssertData& data) override {
    if (!data.m_failed) return;
    const std::string expression = data.m_expr;
    const std::string values = data.m_decomp.c_str();
    const std::string asked_in = place(data.m_file, data.m_line);
    if (data.m_threw)
      fail(data.m_exception.c_str(), "", asked_in);
    else
      fail(fmt::format("expected {}", expression), values.empty() ? "" : "got " + values, asked_in);
  }

  void log_message(const doctest::MessageData& data) override {
    if (data.m_severity == doctest::assertType::is_warn) {
      send(to_parent, Event::skipped, {data.m_string.c_str()});
      return;
    }
    const auto [headline, details] = split_off_headline(data.m_string.c_str());
    fail(headline, details, place(data.m_file, data.m_line));
  }

  void test_run_end(const doctest::TestRunStats&) override {
    if (programs_run > 0)
      send(to_parent, Event::tried, {std::to_string(programs_run), std::to_string(seeds.back())});
    send(to_parent, Event::finished, {});
  }

  void test_run_start() override {}
  void report_query(const doctest::QueryData&) override {}
  void test_case_reenter(const doctest::TestCaseData&) override {}
  void subcase_start(const doctest::SubcaseSignature&) override {}
  void subcase_end() override {}
  void test_case_skipped(const doctest::TestCaseData&) override {}

 private:
  static std::string place(const std::string& file, int line) {
    return fmt::format(
        "{}:{}", std::filesystem::path(file).lexically_proximate(KINDLING_SOURCE_DIR).string(),
        line);
  }

  void fail(const std::string& headline, const std::string& details, const std::string& asked_in,
            const Frames& frames = {}) {
    if (has_failed_) return;  // what came first says most
    has_failed_ = true;
    if (failing_seed && !kept_seed.empty()) std::ofstream(kept_seed) << *failing_seed << '\n';
    const bool stub = headline.find("is still to be written") != headline.npos;
    send(to_parent, Event::failure,
         {headline, details, stub ? "" : given(), asked_in, judged_function, frames.bytes()});
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
    frames_here();  // the first call loads a library, for which a handler has no time
    std::set_terminate(say_what_nobody_caught);
    struct sigaction action = {};
    action.sa_sigaction = crash;
    action.sa_flags = SA_SIGINFO | SA_ONSTACK | static_cast<int>(SA_RESETHAND);  // once is enough
    for (const int signal : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, where_are_you})
      sigaction(signal, &action, nullptr);
  }

  /// Whether an address is just below all that the main thread's stack may take.
  static bool is_end_of_stack(const void* address) {
    constexpr std::size_t near = std::size_t(1) << 20;
    rlimit limit{};
    if (getrlimit(RLIMIT_STACK, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return false;
    const auto used =
        reinterpret_cast<std::uintptr_t>(stack_top) - reinterpret_cast<std::uintptr_t>(address);
    return used + near > limit.rlim_cur && used < limit.rlim_cur + near;
  }

  static void crash(int signal, siginfo_t* info, void*) {
    Frames frames = frames_here();
    // The third is where the signal came, which is no call: behind this handler and the kernel's.
    if (frames.count > 2) frames.at[2] = static_cast<char*>(frames.at[2]) + 1;
    std::string_view why = signal == SIGABRT ? why_aborted.data() : "";
    if (signal == SIGSEGV && is_end_of_stack(info->si_addr))
      why = "it crashed: endless recursion has used up the stack";
    if (signal == where_are_you) why = running_call();
    send_in_handler(to_parent, Event::crash, {bytes_of(&signal, 1), why, frames.bytes()});
    // What was given takes memory to say, which may be in disorder. The parent waits for it, but
    // not for long.
    send(to_parent, Event::failure, {"", "", given(), "", judged_function});
    _exit(1);
  }

  std::string asked_in_;
  bool has_failed_ = false;  // in the running test case
};

REGISTER_REPORTER("verdict", 1, Reporter);

}  // namespace

/// $KINDLING_SEED, or a new one each time. A seed that found something is kept beside the judge,
/// and goes before the new one.
static void choose_seeds(const std::string& judge) {
  if (const char* asked = std::getenv("KINDLING_SEED"); asked && *asked) {
    seeds = {std::strtoull(asked, nullptr, 10)};
    return;
  }
  seeds.clear();
  kept_seed = judge + ".seed";
  std::ifstream file(kept_seed);
  if (std::uint64_t seed = 0; file >> seed) seeds.push_back(seed);
  seeds.push_back(std::random_device()() % 1'000'000);
}

int run_cases(int argc, char** argv, int pipe) {
  to_parent = pipe;
  choose_seeds(argv[0]);
  reference_program = judged_reference;
  reference_exercise = judged_exercise;
  work_so_far = count_work;
  stack_top = __builtin_frame_address(0);
  doctest::Context context;
  context.setOption("reporters", "verdict");
  context.addFilter("test-case", (std::string(judged_exercise) + "  *").c_str());
  context.setOption("no-version", true);
  context.applyCommandLine(argc, argv);
  return context.run();
}

}  // namespace kindling::testing

// What the standard libraries call, in place of their own. ----------------------------------------

#ifdef __GLIBCXX__
/// In code with _GLIBCXX_ASSERTIONS.
namespace std {
[[noreturn]] void __glibcxx_assert_fail(const char*, int, const char* function,
                                        const char* condition) noexcept {
  using namespace kindling::testing;
  remember_why(library_expects(name_of(function), condition));
  std::abort();
}
}  // namespace std
#endif

#ifdef __GLIBC__
/// By assert(): the backtrace says where.
extern "C" [[noreturn]] void __assert_fail(const char* condition, const char*, unsigned,
                                           const char*) noexcept {
  kindling::testing::remember_why(fmt::format("assert({}) failed", condition));
  std::abort();
}
#endif

/// By every throw. Weak: a program into which the standard library is linked keeps that one's.
namespace __cxxabiv1 {
extern "C" [[noreturn, gnu::weak]] void __cxa_throw(void* exception, std::type_info* type,
                                                    void (*destroy)(void*)) {
  using Throw = void (*)(void*, std::type_info*, void (*)(void*));
  static const auto real = reinterpret_cast<Throw>(dlsym(RTLD_NEXT, "__cxa_throw"));
  kindling::testing::throws.remember(exception);
  real(exception, type, destroy);
  std::abort();  // not reached
}
}  // namespace __cxxabiv1
