#pragma once
#include <array>
#include <atomic>
#include <barrier>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <optional>
#include <random>
#include <source_location>
#include <sstream>
#include <string>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

#include "kindling/check.h"
#include "kindling/tensor.h"
#include "testing/expect.h"

/// Random programs that a learner's answer and the reference run beside each other.
///
/// Each is a function that draws what it needs, shapes, tensors, options, from a Program, and calls
/// what the exercise is about. A judge is linked with the answer; a second program, the chapter's
/// reference, is the same but for the answer. Both run the same programs from the same seed, and at
/// each observation the judge reads what the reference saw there. The programs grow, so the first
/// difference is among the smallest that there are. In the chapter's own tests, where there is no
/// answer, each program is run twice and has to see the same.
///
///     TEST_CASE("1.1  random shapes beside the reference") {
///       beside_reference(200, [](Program& p) {
///         const Shape shape = p.shape(0, 6);
///         p.compare(text("the strides of ", shape), [&] { return row_major_strides(shape); });
///       });
///     }
///
/// What happens between two observations must not depend on addresses, time or other threads.
namespace kindling::testing {

/// What the backends have been asked to do, counted by kind: so a judge sees work that is thrown
/// away, and tensors that somebody keeps.
struct Work {
  enum Kind { elementwise, copies, reductions, products, indexing, random, kinds };
  static const char* name(int kind);
  std::array<std::int64_t, kinds> calls{}, elements{};
  std::int64_t allocations = 0;
  std::int64_t bytes_held = 0;  ///< by all tensors there are
};
/// Null where nobody counts: in a chapter's own tests. A judge's backends count
/// (tests/judge/counting_backend.cpp).
inline Work (*work_so_far)() = nullptr;

/// Text from anything that can be printed: text("shape ", shape).
template <class... Parts>
std::string text(const Parts&... parts) {
  std::ostringstream out;
  out << std::boolalpha;
  (out << ... << parts);
  return out.str();
}

/// Whether a thread lets others go first now and then, amid its work: what it asks of a backend is
/// where it does. On a busy machine, a thread is done otherwise before the next one begins.
inline std::atomic<bool> threads_take_turns = false;

/// Calls f(0), f(1), f(2) and f(3), each alone, and then all of them at once, in four threads,
/// `times` times. Returns whether each came to what it had come to alone: what a thread keeps in a
/// static, another one overwrites.
template <class F>
bool agree_in_threads(int times, F f) {
  using Result = std::invoke_result_t<F, int>;
  std::vector<Result> alone;
  for (int i = 0; i < 4; ++i) alone.push_back(f(i));
  std::atomic<bool> agree = true;
  std::barrier begin(4);
  threads_take_turns = true;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([&, i] {
      begin.arrive_and_wait();
      try {
        for (int time = 0; time < times && agree; ++time)
          if (!(f(i) == alone[static_cast<std::size_t>(i)])) agree = false;
      } catch (const std::exception&) {
        agree = false;
      }
    });
  for (std::thread& thread : threads) thread.join();
  threads_take_turns = false;
  return agree;
}

/// How a random tensor is drawn.
struct Draw {
  enum Values {
    whole,          ///< from -9 to 9: sums and products of them are exact, in whatever order
    digits,         ///< all the digits that the dtype has, about 1 in size
    infinite,       ///< digits, and NaN, ±inf, ±0 among them
    special,        ///< the same, and the largest and the smallest number there are
    whole_special,  ///< whole, and NaN, ±inf, ±0 among them: exact in whatever order, too
    positive        ///< digits, in (0, 2)
  };
  DType dtype = float32;
  Values values = whole;
  double times = 1;  ///< digits, and what else is no whole number, are so many times as large
  Device device = cpu;
  bool strided = true;    ///< transposed, sliced or with room around it, as often as not
  bool repeated = false;  ///< some axes may have stride 0
  bool requires_grad = false;
  /// Changes the memory, which is on the CPU, and says where the tensor shall lie instead: in
  /// memory of its own on a GPU, say. The device is then its own.
  std::function<Tensor(const Tensor& memory)> onto = {};
};

/// One program: what it draws, what it watches, and what it sees.
class Program {
 public:
  Program(std::uint64_t seed, int number, int programs, std::source_location);
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;
  ~Program();

  // Drawing. The same numbers come for the answer and for the reference. -------------------------
  std::mt19937& random() { return random_; }
  int number() const { return number_; }  ///< 0 is the first, which draws the smallest things
  /// From 0 for the first program to 1 for the last.
  double size() const { return programs_ > 1 ? double(number_) / (programs_ - 1) : 1; }
  std::int64_t between(std::int64_t lowest, std::int64_t highest);
  bool chance(double probability) { return uniform() < probability; }
  double uniform();  ///< in [0, 1)
  template <class T>
  T pick(std::initializer_list<T> values) {
    return values.begin()[between(0, std::ssize(values) - 1)];
  }
  /// The length of an axis: often 0, 1 or 2, and up to 3 in the first programs, `largest` in the
  /// last.
  std::int64_t length(std::int64_t largest = 9, std::int64_t shortest = 0);
  /// So many axes, of such lengths, and of at most `most_elements` in all.
  Shape shape(std::int64_t fewest_axes, std::int64_t most_axes, std::int64_t largest = 9,
              std::int64_t shortest = 0, std::int64_t most_elements = 20'000);
  /// A shape that broadcasts to `shape`: axes that are 1 or missing.
  Shape narrower(const Shape& shape);
  Layout layout(const Shape& shape, bool repeated, std::int64_t& elements);
  /// A tensor of that shape, which is shown should something differ, and watched.
  Tensor tensor(const std::string& name, const Shape& shape, Draw = {});
  /// The CPU, or, one time in four, a GPU if there is one.
  Device device();
  /// Labels, or indices: int64 numbers in [0, below).
  Tensor indices(const std::string& name, const Shape& shape, std::int64_t below,
                 Device device = cpu);

  // What is shown, and watched ------------------------------------------------------------------
  /// Shown as "name = value", as it is now, should something differ.
  template <class T>
  void given(const std::string& name, const T& value) {
    shown_ += labelled(name + " = ", value) + "\n";
  }
  /// Whatever a call does to the elements of `x` and to the memory around them, to its version, its
  /// .grad, whether it requires gradients, and who holds it, is what the reference does. tensor()
  /// and indices() watch what they return.
  void watch(const std::string& name, const Tensor& x);
  /// Of all that has been watched so far, only the names stay, and what was given, if it is to be
  /// shown all the same.
  void unwatch(bool show = true);

  // Options, for what follows in this program ------------------------------------------------------
  /// An Error must say what the reference's says; else it is enough that one is thrown.
  Program& with_words(bool yes = true);
  /// The recorded operations behind a result are compared, by name: where the contract names them.
  Program& with_graph(bool yes = true);
  /// Whether results share memory with what is watched need not be as in the reference.
  Program& any_memory(bool yes = true);
  /// Elements may differ by so many times tolerance_for() their dtype: where rounding adds up.
  Program& within(double times);
  /// The answer may do so many times the reference's work (of one kind), and `more` calls on top.
  /// Without a word: 3 times and 4 calls, but products only as many.
  Program& allow(Work::Kind, double times, std::int64_t more);
  Program& allow_any_work();
  /// Something of this program may stay when it has ended: a cache.
  Program& may_keep_memory();

  // Calls and comparisons ---------------------------------------------------------------------------
  /// Calls f as part of the program: compares whether it throws, and what became of all that is
  /// watched, of the default generator and of the backends' work. Returns what f returns, or
  /// nothing if it threw; of a function that returns nothing, whether it did not throw.
  template <class F>
  auto call(const std::string& what, F&& f,
            std::source_location at = std::source_location::current()) {
    using Result = std::invoke_result_t<F>;
    if constexpr (std::is_void_v<Result>) {
      before_call(what);
      std::optional<std::string> thrown = outcome_of([&] { f(); });
      after_call(what, thrown, at);
      return !thrown.has_value();
    } else {
      std::optional<Result> result;
      before_call(what);
      const std::optional<std::string> thrown = outcome_of([&] { result.emplace(f()); });
      after_call(what, thrown, at);
      if (thrown) result.reset();
      return result;
    }
  }
  /// The same, and compares what f returns: a tensor, several, or anything that can be printed.
  template <class F>
  auto compare(const std::string& what, F&& f,
               std::source_location at = std::source_location::current()) {
    auto result = call(what, std::forward<F>(f), at);
    if (result) see(what, *result, at);
    return result;
  }
  template <class F>
  auto compare(const std::string& what, F&& f, Tolerance tolerance,
               std::source_location at = std::source_location::current()) {
    auto result = call(what, std::forward<F>(f), at);
    if (result) see(what, *result, tolerance, at);
    return result;
  }
  /// Compares a value that the program has come to.
  void see(const std::string& what, const Tensor& x,
           std::source_location = std::source_location::current());
  void see(const std::string& what, const Tensor& x, Tolerance,
           std::source_location = std::source_location::current());
  void see(const std::string& what, const Tensors& xs,
           std::source_location = std::source_location::current());
  void see(const std::string& what, const Tensors& xs, Tolerance,
           std::source_location = std::source_location::current());
  void see(const std::string& what, const Shape& x,
           std::source_location at = std::source_location::current()) {
    see_text(what, text(x), at);
  }
  template <class T>
  void see(const std::string& what, const std::vector<T>& values,
           std::source_location at = std::source_location::current()) {
    std::ostringstream out;
    out << std::boolalpha << "{";
    for (std::size_t i = 0; i < values.size(); ++i) out << (i ? ", " : "") << values[i];
    see_text(what, out.str() + "}", at);
  }
  template <class T>
  void see(const std::string& what, const T& value,
           std::source_location at = std::source_location::current()) {
    see_text(what, text(value), at);
  }
  /// A number that may differ a little.
  void see_close(const std::string& what, double value, Tolerance,
                 std::source_location = std::source_location::current());
  void see_text(const std::string& what, const std::string& got,
                std::source_location = std::source_location::current());
  /// A number that may be smaller than the reference's, of requests to memory, say, and so many
  /// times as large, and `more`.
  void see_at_most(const std::string& what, std::int64_t value, double times = 1,
                   std::int64_t more = 0, std::source_location = std::source_location::current());
  /// The recorded operations behind x: "MulBackward0(x, TanhBackward0(x))".
  std::string graph_of(const Tensor& x) const;

  // For beside_reference() --------------------------------------------------------------------------
  /// All that was given, and how to run this program again; without the elements of tensors, that
  /// is quick.
  std::string shown(bool with_elements = true) const;
  void end();  ///< compares what is left of it

 private:
  struct Watched;
  static std::optional<std::string> outcome_of(const std::function<void()>& f);
  void before_call(const std::string& what);
  void after_call(const std::string& what, const std::optional<std::string>& thrown,
                  std::source_location);
  void see_work(const std::string& what, const Work& before, std::source_location);
  std::string memory_of(const Tensor& x) const;
  Tolerance tolerance_of(const Tensor& x) const;

  std::mt19937 random_;
  std::uint64_t seed_;
  int number_, programs_;
  std::source_location place_;
  std::string shown_, called_;
  std::optional<Given> before_crash_;
  std::vector<Watched> watched_;
  std::vector<std::weak_ptr<void>> seen_graphs_;
  std::vector<std::pair<std::string, Tensor>> results_;  // whose memory may be shared
  bool words_ = false, graph_ = false, any_memory_ = false, any_work_ = false, may_keep_ = false;
  double within_ = 1;
  std::array<double, Work::kinds> times_;
  std::array<std::int64_t, Work::kinds> more_;
  std::string generator_before_;
  std::int64_t time_before_ = 0;
  Work work_before_, work_at_start_;
};

/// Runs `programs` of them, beside the reference in a judge. The test case of random programs comes
/// behind the written ones, and is not run before those pass.
void beside_reference(int programs, const std::function<void(Program&)>& program,
                      std::source_location = std::source_location::current());

// How the main programs set it up -----------------------------------------------------------------

/// The seeds to run from: one that found something earlier goes first.
inline std::vector<std::uint64_t> seeds = {1};
/// In a judge: the chapter's reference program, and the exercise. Without one, programs are
/// compared with themselves.
inline std::string reference_program, reference_exercise;
/// In the reference program: where to write what is seen.
inline int reference_output = -1;
/// How many programs have been run, and the seed at which something differed, for the verdict.
inline int programs_run = 0;
inline std::optional<std::uint64_t> failing_seed;

/// All that the running program was given, or the one that an exception has ended in this test
/// case.
std::string described_program();
void forget_program();

/// What the running call is, and how long the reference takes for it: in plain memory, for a
/// signal's handler.
const char* running_call() noexcept;

}  // namespace kindling::testing
