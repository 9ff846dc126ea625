/// The child: runs the answer under doctest, and tells the parent what happens.
#define DOCTEST_CONFIG_IMPLEMENT
#define DOCTEST_CONFIG_NO_POSIX_SIGNALS  // it would call Ctrl-C a crash, too, and tell of it
#include <cxxabi.h>
#include <dlfcn.h>
#include <doctest/doctest.h>
#include <execinfo.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <list>
#include <memory>
#include <mutex>
#include <random>
#include <string>
#include <typeinfo>
#include <utility>

#include "judge/counting_backend.h"
#include "judge/events.h"
#include "kindling/check.h"
#include "kindling/fused.h"
#include "testing/expect.h"
#include "testing/judged.h"
#include "tools/cpp.h"

namespace kindling::testing {
namespace {

int to_parent = -1;
pid_t judged_process = 0;  // the child itself: not what it may have forked
std::string kept_seed;     // the name of the file in which one is kept

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
    condition = "an index below its size(), of an object that has not been freed";
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
    if (text.find("this tensor is undefined") != text.npos)
      return text +
             "; or it was moved from, or is gone, as what a lambda has captured by reference "
             "(kindling::Error)";
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
  } else {
    remember_why(
        "it called std::terminate(), as a std::thread does that is destroyed, or assigned to, "
        "before join()");
  }
  std::abort();
}

// Threads. ----------------------------------------------------------------------------------------

/// The threads that have been started and have not ended, and where each was started.
class Threads {
 public:
  using Entry = std::list<Frames>::iterator;
  Entry add(const Frames& frames) {
    const std::scoped_lock lock(mutex_);
    return all_.insert(all_.end(), frames);
  }
  void remove(Entry entry) {
    const std::scoped_lock lock(mutex_);
    all_.erase(entry);
  }
  /// Calls back for each that was not there when this was called before.
  template <class F>
  void for_each_new(F f) {
    const std::scoped_lock lock(mutex_);
    for (Frames& frames : all_)
      if (frames.count > 0) f(std::exchange(frames, {}));
  }

 private:
  std::mutex mutex_;
  std::list<Frames> all_;
};
/// Never destroyed: threads may outlive it.
Threads& threads() {
  static Threads* const all = new Threads;
  return *all;
}

/// Where a signal's handler runs in this thread, whose own stack may have been used up.
class AlternativeStack {
 public:
  AlternativeStack() {
    memory_ = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    const stack_t on = {.ss_sp = memory_, .ss_flags = 0, .ss_size = size};
    if (memory_ != MAP_FAILED) sigaltstack(&on, nullptr);
  }
  ~AlternativeStack() {
    const stack_t off = {.ss_sp = nullptr, .ss_flags = SS_DISABLE, .ss_size = 0};
    sigaltstack(&off, nullptr);
    if (memory_ != MAP_FAILED) munmap(memory_, size);
  }
  AlternativeStack(const AlternativeStack&) = delete;
  AlternativeStack& operator=(const AlternativeStack&) = delete;

 private:
  static constexpr std::size_t size = 1 << 16;
  void* memory_;
};

/// 0 where it is not known.
std::uintptr_t stack_pointer([[maybe_unused]] const void* context) {
#if defined(__linux__) && defined(__x86_64__)
  const auto& registers = static_cast<const ucontext_t*>(context)->uc_mcontext;
  return static_cast<std::uintptr_t>(registers.gregs[REG_RSP]);
#elif defined(__linux__) && defined(__aarch64__)
  return static_cast<const ucontext_t*>(context)->uc_mcontext.sp;
#elif defined(__APPLE__) && defined(__x86_64__)
  return static_cast<const ucontext_t*>(context)->uc_mcontext->__ss.__rsp;
#elif defined(__APPLE__) && defined(__aarch64__)
  return static_cast<const ucontext_t*>(context)->uc_mcontext->__ss.__sp;
#else
  return 0;
#endif
}

bool is_readable([[maybe_unused]] std::uintptr_t address) {
#ifdef __linux__
  // The kernel reads what it is given before it sees that there is no such way to use it.
  syscall(SYS_rt_sigprocmask, ~0L, address & ~std::uintptr_t(7), nullptr, 8L);
  return errno != EFAULT;
#else
  return true;
#endif
}

/// Whether what could not be touched is the stack's next part, of whichever thread: it lies below
/// the stack pointer, or that points to nowhere itself. (A loop that runs out of an array on the
/// stack comes to an end above it.)
bool has_used_up_stack(const void* address, const void* context) {
  constexpr std::uintptr_t below = std::uintptr_t(1) << 16, above = std::uintptr_t(1) << 20;
  const auto touched = reinterpret_cast<std::uintptr_t>(address), top = stack_pointer(context);
  if (touched + below < top || touched > top + above) return false;
  return touched < top || !is_readable(top);
}

/// Ends this process, whatever has been put in place of _exit().
[[noreturn]] void leave(int status) {
#ifdef SYS_exit_group
  syscall(SYS_exit_group, status);
#endif
  _exit(status);
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
    is_waiting = [](bool begins, std::chrono::microseconds waited) {
      send(to_parent, Event::waits, {begins ? "1" : "0", std::to_string(waited.count())});
    };
    handle_crashes();
  }

  void test_case_start(const doctest::TestCaseData& test_case) override {
    has_failed_ = false;
    Given::forget();
    forget_program();
    asked_in_ = place(test_case.m_file.c_str(), static_cast<int>(test_case.m_line));
    std::string asked = std::string(test_case.m_name).substr(std::string(judged_exercise).size());
    asked.erase(0, asked.find_first_not_of(' '));
    judged_function.clear();
    std::cout.flush();
    std::fflush(stdout);
    if (write(STDOUT_FILENO, &next_case, 1) < 0) errno = 0;  // it may have closed that
    send(to_parent, Event::case_begins, {asked, asked_in_});
  }

  void test_case_end(const doctest::CurrentTestCaseStats&) override {
    std::cout.flush();
    std::fflush(stdout);
    cases_failed += has_failed_ ? 1 : 0;
    threads().for_each_new(
        [](const Frames& started) { send(to_parent, Event::left_behind, {started.bytes()}); });
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

  /// A random program says more than what it has written down for a crash.
  static std::string given() {
    const std::string of_program = described_program();
    return of_program.empty() ? std::string(Given::all()) : of_program;
  }

  static void handle_crashes() {
    static const AlternativeStack* const stack [[maybe_unused]] = new AlternativeStack;
    frames_here();  // the first call loads a library, for which a handler has no time
    std::set_terminate(say_what_nobody_caught);
    struct sigaction action = {};
    action.sa_sigaction = crash;
    action.sa_flags = SA_SIGINFO | SA_ONSTACK;
    const std::array signals{SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, where_are_you};
    // Blocked meanwhile: a crash within the handler ends the process.
    for (const int signal : signals) sigaddset(&action.sa_mask, signal);
    for (const int signal : signals) sigaction(signal, &action, nullptr);
  }

  /// Takes no memory, which may be in disorder.
  static void crash(int signal, siginfo_t* info, void* context) {
    static std::atomic_flag has_crashed;
    while (has_crashed.test_and_set()) pause();  // until the first one has ended the process
    Frames frames = frames_here();
    // The third is where the signal came, which is no call: behind this handler and the kernel's.
    if (frames.count > 2) frames.at[2] = static_cast<char*>(frames.at[2]) + 1;
    std::string_view why = signal == SIGABRT ? why_aborted.data() : "";
    if ((signal == SIGSEGV || signal == SIGBUS) && has_used_up_stack(info->si_addr, context))
      why = "it crashed: endless recursion has used up the stack";
    if (signal == where_are_you) why = running_call();
    send_in_handler(to_parent, Event::crash,
                    {bytes_of(&signal, 1), why, frames.bytes(), Given::all(), judged_function});
    leave(1);
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
  use_fused_operations = false;  // it is the answer that is to run
  judged_process = getpid();
  doctest::Context context;
  context.setOption("reporters", "verdict");
  context.addFilter("test-case", (std::string(judged_exercise) + "  *").c_str());
  context.setOption("no-version", true);
  context.applyCommandLine(argc, argv);
  context.run();
  return has_spoken;
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

#if defined(__GLIBC__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
// Whoever calls one of these in place of returning does not know what the caller still wants to do.
// That is a verdict, and says where. The libraries end processes, too, in ranks: they may.
namespace kindling::testing {
namespace {

bool is_judging() { return to_parent >= 0 && getpid() == judged_process; }

[[noreturn]] void leaves_by(const std::string& call) {
  const std::string why =
      fmt::format("it ended {}, by {}(), instead of returning",
                  call.starts_with("pthread") ? "its thread" : "the program", call);
  if (is_judging()) {
    remember_why(why);
    std::abort();
  }
  // In the constructor of an object at namespace scope.
  fmt::print("\n{} {}  {}, before the first test\n", "✗", judged_exercise, why);
  std::fflush(stdout);
  leave(1);
}

template <class Function>
Function* real(const char* name) {
  return reinterpret_cast<Function*>(dlsym(RTLD_NEXT, name));
}

template <class Status>
[[noreturn]] void leave_by(const char* name, Status status) {
  if (is_judging() || !main_has_begun) leaves_by(name);
  real<void(Status)>(name)(status);
  leave(1);  // not reached
}

/// Of whoever has called the function that calls this.
Frames callers() {
  Frames frames = frames_here();
  const int own = std::min(frames.count, 3);  // frames_here, this, and that function
  std::copy(frames.at.begin() + own, frames.at.begin() + frames.count, frames.at.begin());
  frames.count -= own;
  return frames;
}

struct Start {
  void* (*body)(void*);
  void* argument;
  Threads::Entry entry;
};

void* be_thread(void* start) {
  const std::unique_ptr<Start> mine(static_cast<Start*>(start));
  const AlternativeStack stack;
  void* const result = mine->body(mine->argument);
  threads().remove(mine->entry);
  return result;
}

}  // namespace
}  // namespace kindling::testing

extern "C" {
[[noreturn]] void exit(int status) noexcept { kindling::testing::leave_by("exit", status); }
[[noreturn]] void _exit(int status) { kindling::testing::leave_by("_exit", status); }
[[noreturn]] void _Exit(int status) noexcept { kindling::testing::leave_by("_Exit", status); }
[[noreturn]] void quick_exit(int status) noexcept {
  kindling::testing::leave_by("quick_exit", status);
}
[[noreturn]] void pthread_exit(void* result) {
  kindling::testing::leave_by("pthread_exit", result);
}

pid_t fork() noexcept {
  using namespace kindling::testing;
  if (is_judging() && !starts_processes) {
    remember_why("it called fork(): from then on there are two of it, and both are tested");
    std::abort();
  }
  return real<pid_t()>("fork")();
}

int pthread_create(pthread_t* thread, const pthread_attr_t* attributes, void* (*body)(void*),
                   void* argument) noexcept {
  using namespace kindling::testing;
  using Create = int(pthread_t*, const pthread_attr_t*, void* (*)(void*), void*);
  static Create* const create = real<Create>("pthread_create");
  if (!is_judging()) return create(thread, attributes, body, argument);
  std::unique_ptr<Start> start(new Start{body, argument, threads().add(callers())});
  const int error = create(thread, attributes, be_thread, start.get());
  if (error == 0)
    (void)start.release();  // be_thread has it
  else
    threads().remove(start->entry);
  return error;
}
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
