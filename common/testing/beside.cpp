#include "testing/beside.h"

#include <time.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <iomanip>
#include <limits>
#include <memory>

#include "kindling/autograd.h"
#include "kindling/check.h"
#include "kindling/ops.h"
#include "testing/judged.h"
#include "testing/transcript.h"

namespace kindling::testing {
namespace {

Transcript* transcript = nullptr;

/// The text that running_call() returns, and what it is made of.
std::array<char, 512> running{};
std::string slowest_before;

void say_what_runs(const std::string& text) {
  running[text.copy(running.data(), running.size() - 1)] = '\0';
}

std::string milliseconds(std::int64_t microseconds) {
  std::ostringstream out;
  out << std::fixed << std::setprecision(microseconds < 10'000 ? 1 : 0)
      << double(microseconds) / 1000 << " ms";
  return out.str();
}

/// An answer may be slow, and is compiled to be compiled quickly: what takes longer than both of
/// these does work that nobody asked for.
constexpr std::int64_t longest_call = 500'000;  // microseconds, of processors
constexpr std::int64_t most_times_as_long = 100;

std::int64_t processor_time() {  // of all threads, in microseconds
  timespec time{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return time.tv_sec * 1'000'000 + time.tv_nsec / 1000;
}

/// The memory of a tensor's storage, as numbers in a row.
Tensor whole_memory(const Tensor& x) {
  const std::int64_t elements = x.storage().bytes() / size_of(x.dtype());
  return Tensor(x.storage(), Layout({elements}), x.dtype());
}

/// Gives all NaN the same bits: which ones the NaN of x + y has, depends on the order in which a
/// compiler puts the operands.
template <typename T>
void make_nan_alike(std::string& bytes) {
  for (std::size_t at = 0; at < bytes.size(); at += sizeof(T)) {
    T element;
    std::memcpy(&element, &bytes[at], sizeof(T));
    if (element == element) continue;
    element = std::numeric_limits<T>::quiet_NaN();
    std::memcpy(&bytes[at], &element, sizeof(T));
  }
}

/// A copy of its bytes, on the CPU, that tells any two values apart.
std::string bytes_of_memory(const Tensor& x) {
  NoGrad guard;
  const Tensor memory = whole_memory(x).to(cpu);
  std::string bytes(reinterpret_cast<const char*>(memory.storage().data()),
                    static_cast<std::size_t>(memory.numel() * size_of(x.dtype())));
  if (x.dtype() == float32) make_nan_alike<float>(bytes);
  if (x.dtype() == float64) make_nan_alike<double>(bytes);
  return bytes;
}

/// A copy that is made at once, while its state() is a text of thousands of digits.
std::string bytes_of(const Generator& generator) {
  static_assert(std::is_trivially_copyable_v<Generator>);
  return {reinterpret_cast<const char*>(&generator), sizeof generator};
}
/// The state() of the generator that has these bytes.
std::string state_of(const std::string& bytes) {
  Generator generator;
  std::memcpy(&generator, bytes.data(), sizeof generator);
  return generator.state();
}

std::string joined(const std::vector<std::string>& parts, const std::string& of_none) {
  std::string out;
  for (const std::string& part : parts) out += (out.empty() ? "" : ", ") + part;
  return out.empty() ? of_none : out;
}

/// On the CPU, row-major, outside of any graph: as it is compared.
Tensor plain(const Tensor& x) {
  NoGrad guard;
  return x.detach().to(cpu).contiguous();
}

/// Compares two lines of text, or writes one.
void see_line(const std::string& what, const std::string& got, std::source_location at) {
  if (transcript->writes()) {
    transcript->write({.what = what, .text = got});
    return;
  }
  const Seen expected = transcript->take();
  if (expected.what != what)
    wrong_answer(text("the program goes another way: ", compared(expected.what, what)), "", at);
  if (expected.text != got)
    wrong_answer(text(what, ": ", compared(expected.text, got)),
                 expected.text.size() + got.size() > 160
                     ? "expected " + expected.text + "\ngot      " + got
                     : "",
                 at);
}

const std::string of_elements = "the elements of ", of_version = "the version of ";

/// The same for what a call changed. Rounding may leave an element as it was, where the reference
/// has another, or the other way round.
void see_changes(const std::string& what, const std::string& got, std::source_location at) {
  const auto without_kind = [](std::string text) {
    for (std::size_t found; (found = text.find(of_version)) != text.npos;)
      text.replace(found, of_version.size(), of_elements);
    return text;
  };
  if (!transcript->writes() && transcript->peek().what == what &&
      without_kind(transcript->peek().text) == without_kind(got)) {
    transcript->take();
    return;
  }
  see_line(what, got, at);
}

void see_elements(const std::string& what, const Tensor& x, Tolerance tolerance,
                  std::source_location at) {
  if (transcript->writes()) {
    const Tensor copy = plain(x);
    transcript->write(
        {.what = what,
         .is_tensor = true,
         .dtype = copy.dtype(),
         .shape = copy.shape(),
         .elements = {reinterpret_cast<const char*>(copy.storage().data() +
                                                    copy.storage_offset() * size_of(copy.dtype())),
                      static_cast<std::size_t>(copy.numel() * size_of(copy.dtype()))}});
    return;
  }
  const Seen expected = transcript->take();
  if (expected.what != what || !expected.is_tensor)
    wrong_answer(text("the program goes another way: ", compared(expected.what, what)), "", at);
  expect(what, plain(x), expected.tensor(), tolerance, at);
}

}  // namespace

const char* running_call() noexcept { return running.data(); }

const char* Work::name(int kind) {
  constexpr std::array<const char*, kinds> names = {
      "element-by-element operations",    "copies and fills",       "reductions", "matrix products",
      "gathers, scatters and selections", "draws of random tensors"};
  return names[static_cast<std::size_t>(kind)];
}

struct Program::Watched {
  std::string name;
  Tensor tensor;
  std::string memory;  // as it was last looked at
  std::string given;   // the same as it was given
  std::uint64_t version;
  bool is_watched = true, is_shown = true;
};

Program::Program(std::uint64_t seed, int number, int programs, std::source_location place)
    : seed_(seed), number_(number), programs_(programs), place_(place) {
  std::seed_seq mixed{static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32),
                      static_cast<std::uint32_t>(number), place.line()};
  random_.seed(mixed);
  times_.fill(3);
  more_.fill(4);
  times_[Work::products] = 1;
  more_[Work::products] = 0;
  manual_seed(random_());
  if (work_so_far) work_at_start_ = work_so_far();
}
Program::~Program() = default;

// Watching ----------------------------------------------------------------------------------------

void Program::watch(const std::string& name, const Tensor& x) {
  const std::string memory = bytes_of_memory(x);
  watched_.push_back({name, x, memory, memory, x.storage().version()});
}

void Program::unwatch(bool show) {
  for (Watched& watched : watched_) {
    watched.is_watched = false;
    if (!show) watched.is_shown = false;
  }
}

Program& Program::with_words(bool yes) { return words_ = yes, *this; }
Program& Program::with_graph(bool yes) { return graph_ = yes, *this; }
Program& Program::any_memory(bool yes) { return any_memory_ = yes, *this; }
Program& Program::within(double times) { return within_ = times, *this; }
Program& Program::allow(Work::Kind kind, double times, std::int64_t more) {
  times_[kind] = times;
  more_[kind] = more;
  return *this;
}
Program& Program::allow_any_work() { return any_work_ = true, *this; }
Program& Program::may_keep_memory() { return may_keep_ = true, *this; }

std::string Program::shown(bool with_elements) const {
  std::string out = shown_;
  for (const Watched& watched : watched_) {
    if (!watched.is_shown) continue;
    const Tensor& x = watched.tensor;
    if (with_elements) {  // as it was given: a view of a copy
      Tensor memory({std::ssize(watched.given) / size_of(x.dtype())}, x.dtype());
      std::memcpy(memory.storage().data(), watched.given.data(), watched.given.size());
      out += labelled(watched.name + " = ", Tensor(memory.storage(), x.layout(), x.dtype())) + "\n";
    } else {
      out += text(watched.name, ": ", x.dtype(), " of shape ", x.shape(), "\n");
    }
    if (!x.is_contiguous())
      out +=
          text("  of strides ", x.strides(), " in a memory of ",
               watched.given.size() / static_cast<std::size_t>(size_of(x.dtype())), " elements\n");
    if (x.device() != cpu) out += text("  on ", x.device(), "\n");
    if (x.requires_grad()) out += "  which requires gradients\n";
  }
  if (!called_.empty()) out += "called: " + called_ + "\n";
  out += text("in random program ", number_, " of seed ", seed_);
  if (!reference_exercise.empty())
    out += text(": ./learn test ", reference_exercise, " --seed ", seed_);
  return out;
}

std::string Program::graph_of(const Tensor& x) const {
  std::function<std::string(const AutogradMeta*, int)> of = [&](const AutogradMeta* meta,
                                                                int depth) -> std::string {
    if (!meta) return "-";
    for (const Watched& watched : watched_)
      if (watched.tensor.defined() && watched.tensor.autograd() == meta) return watched.name;
    if (!meta->node) return "leaf";
    if (depth == 0) return "…";
    std::string out = std::string(meta->node->name) + "(";
    for (std::size_t i = 0; i < meta->node->inputs.size(); ++i)
      out += (i ? ", " : "") + of(meta->node->inputs[i].get(), depth - 1);
    return out + ")";
  };
  if (!x.defined() || !x.requires_grad()) return "none";
  return of(x.autograd(), 6);
}

/// Whose memory x lies in.
std::string Program::memory_of(const Tensor& x) const {
  if (x.numel() == 0) return "no memory";
  for (const Watched& watched : watched_)
    if (watched.tensor.storage() == x.storage())
      return text("that of ", watched.name, " from element ",
                  x.storage_offset() - watched.tensor.storage_offset(), " on");
  for (const auto& [name, result] : results_)
    if (result.storage() == x.storage()) return "that of " + name;
  return "its own";
}

// Calls -------------------------------------------------------------------------------------------

std::optional<std::string> Program::outcome_of(const std::function<void()>& f) {
  // What the reference does not throw, nobody catches: a judge says where it was thrown.
  if (!transcript->writes() && transcript->peek().text.empty()) {
    f();
    return {};
  }
  try {
    f();
  } catch (const NotImplemented&) {
    throw;
  } catch (const Error& error) {
    return text("Error: ", error.what());
  } catch (const std::exception& other) {
    return text("another exception: ", other.what());
  }
  return {};
}

void Program::before_call(const std::string& what) {
  for (Watched& watched : watched_) {
    if (!watched.is_watched) continue;
    watched.memory = bytes_of_memory(watched.tensor);
    watched.version = watched.tensor.storage().version();
  }
  generator_before_ = bytes_of(default_generator());
  called_ = what;
  std::string words = "in " + what;
  if (!transcript->writes())
    words +=
        "; the reference takes " + milliseconds(transcript->peek().microseconds) + slowest_before;
  say_what_runs(words);
  if (work_so_far) work_before_ = work_so_far();
  time_before_ = processor_time();
}

void Program::after_call(const std::string& what, const std::optional<std::string>& thrown,
                         std::source_location at) {
  const Work work = work_so_far ? work_so_far() : Work{};
  const std::int64_t took = processor_time() - time_before_;

  if (transcript->writes()) {
    transcript->write({.what = what, .text = thrown.value_or(""), .microseconds = took});
  } else {
    const Seen expected = transcript->take();
    if (expected.what != what)
      wrong_answer(text("the program goes another way: ", compared(expected.what, what)), "", at);
    if (expected.text.empty() != !thrown)
      wrong_answer(what + ": expected an Error, and none was thrown",
                   "the reference says \"" + expected.text + "\"", at);
    if (thrown) {
      const bool is_error = thrown->starts_with("Error: ");
      if (expected.text.starts_with("Error: ") != is_error)
        wrong_answer(what + ": expected an Error, got " + *thrown,
                     "the reference says \"" + expected.text + "\"", at);
      if (words_ && expected.text != *thrown)
        wrong_answer(
            what + ": expected another text in the Error",
            "expected \"" + expected.text.substr(7) + "\"\ngot      \"" + thrown->substr(7) + "\"",
            at);
    }
    if (took > longest_call &&
        took > most_times_as_long * std::max<std::int64_t>(expected.microseconds, 1000))
      wrong_answer(
          text(what, ": it takes ", milliseconds(took), ", where the reference takes ",
               milliseconds(expected.microseconds), ": the work grows faster than it should"),
          "", at);
    if (took > 100'000)
      slowest_before = ", and one before took " + milliseconds(took) + " instead of " +
                       milliseconds(expected.microseconds) + ": is the work right?";
  }

  std::vector<std::string> changes;
  std::vector<const Watched*> changed;
  for (const Watched& watched : watched_) {
    if (!watched.is_watched) continue;
    const bool other_elements = bytes_of_memory(watched.tensor) != watched.memory;
    if (!other_elements && watched.tensor.storage().version() == watched.version) continue;
    changes.push_back((other_elements ? of_elements : of_version) + watched.name);
    changed.push_back(&watched);
  }
  see_changes(what + ": what it changed", joined(changes, "nothing"), at);
  for (const Watched* watched : changed) {
    see_line(
        "after " + what + ", whether the version of " + watched->name + " says that it changed",
        text(watched->tensor.storage().version() != watched->version), at);
    const Tensor memory = whole_memory(watched->tensor);
    see_elements(text("the memory of ", watched->name, " after ", what), memory,
                 tolerance_of(memory), at);
  }
  for (const Watched& watched : watched_) {
    if (!watched.is_watched || !watched.tensor.is_floating_point()) continue;
    const Tensor grad = watched.tensor.requires_grad() ? watched.tensor.grad() : Tensor();
    see_line(text("after ", what, ", whether ", watched.name, " requires gradients, and has one"),
             text(watched.tensor.requires_grad(), " and ", grad.defined()), at);
    if (grad.defined())
      see_elements(text("the .grad of ", watched.name, " after ", what), grad, tolerance_of(grad),
                   at);
  }
  std::string generator_now;  // if it is not as it was
  if (generator_before_ != bytes_of(default_generator()))
    generator_now = default_generator().state();
  const bool drew = !generator_now.empty() && generator_now != state_of(generator_before_);
  if (!drew) generator_now.clear();
  if (transcript->writes()) {
    transcript->write({.what = "generator", .text = generator_now});
  } else {
    const std::string expected = transcript->take().text;
    if (expected.empty() && drew)
      wrong_answer(what + ": it drew from the default generator, and should not", "", at);
    if (!expected.empty() && !drew)
      wrong_answer(what + ": it drew nothing from the default generator, and should have", "", at);
    if (!expected.empty() && expected != generator_now)
      wrong_answer(
          what + ": it drew more or fewer numbers from the default generator than it should", "",
          at);
  }
  if (work_so_far) see_work(what, work, at);
}

void Program::see_work(const std::string& what, const Work& now, std::source_location at) {
  Seen seen{.what = "work", .is_tensor = true, .dtype = int64, .shape = {2 * Work::kinds}};
  std::array<std::int64_t, 2 * Work::kinds> done{};
  for (std::size_t kind = 0; kind < Work::kinds; ++kind) {
    done[2 * kind] = now.calls[kind] - work_before_.calls[kind];
    done[2 * kind + 1] = now.elements[kind] - work_before_.elements[kind];
  }
  if (transcript->writes()) {
    seen.elements.assign(reinterpret_cast<const char*>(done.data()), sizeof done);
    transcript->write(seen);
    return;
  }
  std::array<std::int64_t, 2 * Work::kinds> expected{};
  const Seen of_reference = transcript->take();
  std::memcpy(expected.data(), of_reference.elements.data(), sizeof expected);
  if (any_work_) return;
  for (std::size_t kind = 0; kind < Work::kinds; ++kind) {
    const auto most = [&](std::int64_t reference, std::int64_t more) {
      return static_cast<std::int64_t>(times_[kind] * double(reference)) + more;
    };
    const std::int64_t largest =
        *std::max_element(expected.begin(), expected.end());  // what one more call may go through
    const bool too_often = done[2 * kind] > most(expected[2 * kind], more_[kind]);
    const bool too_much =
        done[2 * kind + 1] >
        most(expected[2 * kind + 1], more_[kind] * std::max<std::int64_t>(largest, 1000));
    if (too_often || too_much)
      wrong_answer(text(what, ": it asks for ", done[2 * kind], " ", Work::name(int(kind)),
                        " with ", done[2 * kind + 1], " elements; ", expected[2 * kind], " with ",
                        expected[2 * kind + 1], " do"),
                   "", at);
  }
}

// Comparing ---------------------------------------------------------------------------------------

void Program::see(const std::string& what, const Tensor& x, std::source_location at) {
  see(what, x, x.defined() ? tolerance_of(x) : exact, at);
}

Tolerance Program::tolerance_of(const Tensor& x) const {
  const Tolerance one = tolerance_for(x.dtype());
  return {one.rtol * within_, one.atol * within_};
}

void Program::see(const std::string& what, const Tensor& x, Tolerance tolerance,
                  std::source_location at) {
  see_line(what + ", whether it is defined", text(x.defined()), at);
  if (!x.defined()) return;
  see_line(what + ", where it is", text(x.device()), at);
  see_elements(what, x, tolerance, at);
  see_line(what + ", whether it requires gradients", text(x.requires_grad()), at);
  if (graph_) see_line(what + ", how it was recorded", graph_of(x), at);
  if (!any_memory_) see_line(what + ", its memory", memory_of(x), at);
  results_.emplace_back(what, x);
  if (x.requires_grad() && x.autograd()->node) seen_graphs_.push_back(x.autograd()->node);
}

void Program::see(const std::string& what, const Tensors& xs, std::source_location at) {
  see_line(what + ", how many", std::to_string(xs.size()), at);
  for (std::size_t i = 0; i < xs.size(); ++i) see(text(what, "[", i, "]"), xs[i], at);
}

void Program::see(const std::string& what, const Tensors& xs, Tolerance tolerance,
                  std::source_location at) {
  see_line(what + ", how many", std::to_string(xs.size()), at);
  for (std::size_t i = 0; i < xs.size(); ++i) see(text(what, "[", i, "]"), xs[i], tolerance, at);
}

void Program::see_close(const std::string& what, double value, Tolerance tolerance,
                        std::source_location at) {
  Tensor x({}, float64);
  *x.data_ptr<double>() = value;
  see_elements(what, x, tolerance, at);
}

void Program::see_text(const std::string& what, const std::string& got, std::source_location at) {
  see_line(what, got, at);
}

void Program::see_at_most(const std::string& what, std::int64_t value, double times,
                          std::int64_t more, std::source_location at) {
  if (transcript->writes()) {
    transcript->write({.what = what, .text = std::to_string(value)});
    return;
  }
  const Seen expected = transcript->take();
  if (expected.what != what)
    wrong_answer(text("the program goes another way: ", compared(expected.what, what)), "", at);
  const auto most =
      static_cast<std::int64_t>(times * static_cast<double>(std::stoll(expected.text))) + more;
  if (value > most) wrong_answer(text(what, ": expected ", most, " at most, got ", value), "", at);
}

void Program::end() {
  say_what_runs("");
  called_.clear();
  before_crash_.reset();
  results_.clear();
  std::vector<std::string> held;
  for (const Watched& watched : watched_)
    if (watched.tensor.shared_impl().use_count() > 1) held.push_back(watched.name);
  const auto place = place_;
  see_line("what is still held by somebody when all is over", joined(held, "nothing"), place);
  watched_.clear();
  const auto alive =
      std::ranges::count_if(seen_graphs_, [](const auto& g) { return !g.expired(); });
  see_line("how many graphs are still held when all is over", std::to_string(alive), place);
  if (!work_so_far) return;
  const std::int64_t bytes = work_so_far().bytes_held - work_at_start_.bytes_held;
  if (transcript->writes())
    transcript->write({.what = "bytes", .text = std::to_string(bytes)});
  else if (const std::string expected = transcript->take().text;
           !may_keep_ && bytes > std::stoll(expected))
    wrong_answer(
        text("tensors of ", bytes, " bytes are still held when all is over; expected ", expected),
        "", place);
}

// All of them -------------------------------------------------------------------------------------

static Program* running_program = nullptr;
static std::string ended_program;

std::string described_program() {
  return running_program ? running_program->shown() : ended_program;
}
void forget_program() { ended_program.clear(); }

static void run(Program& program, const std::function<void(Program&)>& body) {
  INFO(program.shown());
  running_program = &program;
  try {
    body(program);
    program.end();
  } catch (...) {
    ended_program = program.shown();
    running_program = nullptr;
    throw;
  }
  running_program = nullptr;
}

void beside_reference(int programs, const std::function<void(Program&)>& body,
                      std::source_location place) {
  static const bool written_cases_pass = cases_failed == 0;  // random programs come behind them
  if (cases_failed > 0) {
    MESSAGE(std::string(written_cases_pass
                            ? "not looked at: other random programs have found something"
                            : "not looked at before the others pass"));
    return;
  }
  static std::unique_ptr<Transcript> of_process;
  if (!of_process && reference_output >= 0) of_process = write_to_judge();
  if (!of_process && !reference_program.empty()) of_process = read_from_reference();
  transcript = of_process.get();
  slowest_before.clear();
  for (const std::uint64_t seed : seeds)
    for (int number = 0; number < programs; ++number) {
      const std::string label = text("line ", place.line(), ", seed ", seed, ", program ", number);
      if (!of_process) {
        ToItself itself;
        transcript = &itself;
        for (int time = 0; time < 2; ++time, itself.reread()) {
          Program program(seed, number, programs, place);
          run(program, body);
        }
        continue;
      }
      if (transcript->writes())
        transcript->write({.what = label});
      else
        while (transcript->take().what != label) {  // what an earlier test case has left
        }
      failing_seed = seed;
      Program program(seed, number, programs, place);
      run(program, body);
      ++programs_run;
    }
  failing_seed.reset();
  if (of_process) of_process->flush();
}

}  // namespace kindling::testing
