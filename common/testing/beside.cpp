#include "testing/beside.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cmath>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <limits>
#include <memory>

#include "kindling/autograd.h"
#include "kindling/check.h"
#include "kindling/ops.h"
#include "testing/judged.h"

extern char** environ;

namespace kindling::testing {
namespace {

/// What was seen at one place of a program, on the way from the reference to the judge.
struct Seen {
  std::string what = {}, text = {};
  std::int64_t microseconds = 0;
  bool is_tensor = false;
  DType dtype = float32;
  Shape shape = {};
  std::string elements = {};

  Tensor tensor() const {
    Tensor x(shape, dtype);
    std::memcpy(x.storage().data(), elements.data(), elements.size());
    return x;
  }
};

void put(std::string& out, std::int64_t number) {
  out.append(reinterpret_cast<const char*>(&number), sizeof number);
}
void put(std::string& out, const std::string& bytes) {
  put(out, std::ssize(bytes));
  out += bytes;
}

std::string packed(const Seen& seen) {
  std::string out;
  put(out, seen.what);
  put(out, seen.text);
  put(out, seen.microseconds);
  put(out, seen.is_tensor);
  put(out, static_cast<std::int64_t>(seen.dtype));
  put(out, std::ssize(seen.shape));
  for (const std::int64_t length : seen.shape) put(out, length);
  put(out, seen.elements);
  return out;
}

/// What has been seen, one after the other: written here and read there, or here again.
class Transcript {
 public:
  virtual ~Transcript() = default;
  /// Whether this run is the one that the other is compared with.
  virtual bool writes() const = 0;
  virtual void write(const Seen&) = 0;
  virtual Seen read() = 0;

  /// What read() will return.
  const Seen& peek() {
    if (!next_) next_ = read();
    return *next_;
  }
  Seen take() {
    Seen seen = peek();
    next_.reset();
    return seen;
  }

 protected:
  template <class Get>  // get(bytes) returns so many bytes
  static Seen unpack(Get get) {
    const auto number = [&] {
      std::int64_t value = 0;
      const std::string bytes = get(sizeof value);
      std::memcpy(&value, bytes.data(), sizeof value);
      return value;
    };
    const auto words = [&] { return get(static_cast<std::size_t>(number())); };
    Seen seen;
    seen.what = words();
    seen.text = words();
    seen.microseconds = number();
    seen.is_tensor = number() != 0;
    seen.dtype = static_cast<DType>(number());
    seen.shape.resize(static_cast<std::size_t>(number()));
    for (std::int64_t& length : seen.shape) length = number();
    seen.elements = words();
    return seen;
  }

 private:
  std::optional<Seen> next_;
};

/// The reference program's: into a pipe.
class ToJudge : public Transcript {
 public:
  bool writes() const override { return true; }
  void write(const Seen& seen) override {
    waiting_ += packed(seen);
    if (waiting_.size() > 1 << 16) flush();
  }
  Seen read() override { throw std::logic_error("the reference reads nothing"); }
  void flush() {
    for (std::size_t at = 0; at < waiting_.size();) {
      const ssize_t count = ::write(reference_output, waiting_.data() + at, waiting_.size() - at);
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) _exit(0);  // the judge has seen enough
      at += static_cast<std::size_t>(count);
    }
    waiting_.clear();
  }

 private:
  std::string waiting_;
};

/// The judge's: what its chapter's reference program says.
class FromReference : public Transcript {
 public:
  FromReference() {
    std::array<int, 2> ends{};
    check(pipe(ends.data()) == 0, "cannot make a pipe: ", std::strerror(errno));
    fcntl(ends[0], F_SETFD, FD_CLOEXEC);
    std::string list;
    for (const std::uint64_t seed : seeds) list += (list.empty() ? "" : ",") + std::to_string(seed);
    const std::string output = std::to_string(ends[1]);
    std::array<const char*, 5> arguments = {reference_program.c_str(), reference_exercise.c_str(),
                                            list.c_str(), output.c_str(), nullptr};
    const int status = posix_spawn(&process_, reference_program.c_str(), nullptr, nullptr,
                                   const_cast<char* const*>(arguments.data()), environ);
    close(ends[1]);
    from_ = ends[0];
    check(status == 0, "cannot start ", reference_program, ": ", std::strerror(status));
  }
  ~FromReference() override {
    close(from_);
    kill(process_, SIGKILL);
    waitpid(process_, nullptr, 0);
  }

  bool writes() const override { return false; }
  void write(const Seen&) override {}
  Seen read() override {
    return unpack([this](std::size_t count) { return bytes(count); });
  }

 private:
  std::string bytes(std::size_t count) {
    while (buffer_.size() - used_ < count) {
      buffer_.erase(0, used_);
      used_ = 0;
      const std::size_t before = buffer_.size();
      buffer_.resize(before + std::max<std::size_t>(count, 1 << 16));
      const ssize_t got = ::read(from_, buffer_.data() + before, buffer_.size() - before);
      buffer_.resize(before + static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
      if (got < 0 && errno == EINTR) continue;
      if (got <= 0)
        wrong_answer(
            "the reference ended before it had said what it sees: that is a fault of "
            "Kindling, not of the answer");
    }
    used_ += count;
    return buffer_.substr(used_ - count, count);
  }

  pid_t process_ = -1;
  int from_ = -1;
  std::string buffer_;
  std::size_t used_ = 0;
};

/// In a chapter's own tests: the first run is written, the second reads it.
class ToItself : public Transcript {
 public:
  bool writes() const override { return !rereads_; }
  void write(const Seen& seen) override { bytes_ += packed(seen); }
  Seen read() override {
    return unpack([this](std::size_t count) {
      check(at_ + count <= bytes_.size(), "the second run of a random program sees more");
      return bytes_.substr((at_ += count) - count, count);
    });
  }
  void reread() { rereads_ = true; }

 private:
  std::string bytes_;
  std::size_t at_ = 0;
  bool rereads_ = false;
};

Transcript* transcript = nullptr;

/// The text that running_call() returns, and what it is made of.
std::array<char, 512> running{};
std::string slowest_before;

void say_what_runs(const std::string& text) {
  running[text.copy(running.data(), running.size() - 1)] = '\0';
}

std::string milliseconds(std::int64_t microseconds) {
  std::ostringstream out;
  out.precision(2);
  out << double(microseconds) / 1000 << " ms";
  return out.str();
}

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

/// A copy of its bytes, on the CPU.
std::string bytes_of_memory(const Tensor& x) {
  NoGrad guard;
  const Tensor memory = whole_memory(x).to(cpu);
  return {reinterpret_cast<const char*>(memory.storage().data()),
          static_cast<std::size_t>(memory.numel() * size_of(x.dtype()))};
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
  constexpr std::array<const char*, kinds> names = {"element-by-element operations",
                                                    "copies and fills",
                                                    "reductions",
                                                    "matrix products",
                                                    "gathers, scatters and selections",
                                                    "draws of random tensors",
                                                    "fused operations"};
  return names[static_cast<std::size_t>(kind)];
}

// Drawing -----------------------------------------------------------------------------------------

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

std::int64_t Program::between(std::int64_t lowest, std::int64_t highest) {
  const std::uint64_t many =
      static_cast<std::uint64_t>(highest) - static_cast<std::uint64_t>(lowest);
  std::uint64_t drawn = random_();
  if (many > UINT32_MAX) drawn = drawn << 32 | random_();
  return lowest + static_cast<std::int64_t>(many == UINT64_MAX ? drawn : drawn % (many + 1));
}

double Program::uniform() { return random_() / 4294967296.0; }

std::int64_t Program::length(std::int64_t largest, std::int64_t shortest) {
  if (chance(0.3)) return std::max(shortest, std::min(largest, between(0, 2)));
  const std::int64_t now = 3 + static_cast<std::int64_t>(size() * double(largest - 3));
  return between(shortest, std::max(shortest, std::min(now, largest)));
}

Shape Program::shape(std::int64_t fewest_axes, std::int64_t most_axes, std::int64_t largest,
                     std::int64_t shortest, std::int64_t most_elements) {
  const std::int64_t now = 2 + static_cast<std::int64_t>(size() * double(most_axes - 1));
  Shape out(static_cast<std::size_t>(
      between(fewest_axes, std::max(fewest_axes, std::min(now, most_axes)))));
  const bool may_be_empty = chance(0.2);  // else nearly all shapes of many axes would be
  std::int64_t elements = 1;
  for (std::int64_t& length : out) {
    length = this->length(largest, may_be_empty ? shortest : std::max<std::int64_t>(shortest, 1));
    if (elements * length > most_elements) length = std::max<std::int64_t>(shortest, 1);
    elements *= std::max<std::int64_t>(length, 1);
  }
  return out;
}

Shape Program::narrower(const Shape& shape) {
  Shape out = shape;
  for (std::int64_t& length : out)
    if (chance(0.4)) length = 1;
  if (chance(0.3)) out.erase(out.begin(), out.begin() + between(0, std::ssize(out)));
  return out;
}

Layout Program::layout(const Shape& shape, bool repeated, std::int64_t& elements) {
  // The memory is made of axes in some order, with more indices than are used, in steps.
  const std::size_t axes = shape.size();
  std::vector<std::size_t> order(axes);
  for (std::size_t i = 0; i < axes; ++i) order[i] = i;
  if (chance(0.5))
    for (std::size_t i = axes; i > 1; --i)
      std::swap(order[i - 1], order[static_cast<std::size_t>(between(0, std::int64_t(i) - 1))]);
  Layout out;
  out.shape = shape;
  out.strides.resize(axes);
  std::int64_t step = 1;
  const bool holes = chance(0.4);
  for (std::size_t i = axes; i-- > 0;) {
    const std::size_t axis = order[i];
    if (repeated && chance(0.3)) {
      out.strides[axis] = 0;
      continue;
    }
    const std::int64_t apart = holes && chance(0.5) ? between(2, 3) : 1;
    out.strides[axis] = step * apart;
    step *= apart * std::max<std::int64_t>(shape[axis], 1) + (holes ? between(0, 2) : 0);
  }
  out.offset = holes ? between(0, 5) : 0;
  elements = out.offset + step + (holes ? between(1, 7) : 0);
  return out;
}

Tensor Program::tensor(const std::string& name, const Shape& shape, Draw draw) {
  std::int64_t elements = numel(shape);
  Layout layout(shape);
  if (draw.repeated || (draw.strided && chance(0.5)))
    layout = this->layout(shape, draw.repeated, elements);
  Tensor memory({elements}, draw.dtype);
  dispatch(draw.dtype, [&]<class T>() {
    T* x = memory.data_ptr<T>();
    for (std::int64_t i = 0; i < elements; ++i) {
      const auto whole = static_cast<T>(between(-9, 9));
      if constexpr (std::is_same_v<T, bool>) {
        x[i] = random_() % 2 == 0;
      } else if constexpr (std::is_integral_v<T>) {
        x[i] = draw.values == Draw::special && chance(0.1)
                   ? pick<T>({(T(1) << 53) + 1, std::numeric_limits<T>::max(),
                              std::numeric_limits<T>::min()})
               : draw.values == Draw::digits && chance(0.5)
                   ? between(-(std::int64_t(1) << 60), std::int64_t(1) << 60)
               : draw.values == Draw::positive ? std::abs(whole) + 1
                                               : whole;
      } else if (draw.values == Draw::whole) {
        x[i] = whole;
      } else if (draw.values == Draw::whole_special) {
        using Limits = std::numeric_limits<T>;
        x[i] = chance(0.15) ? pick<T>({Limits::quiet_NaN(), Limits::infinity(), -Limits::infinity(),
                                       T(0), -T(0)})
                            : whole;
      } else if (draw.values == Draw::positive) {
        x[i] = static_cast<T>((double(random_()) + 1) / 2147483649.0 * draw.times);
      } else {
        x[i] = static_cast<T>(double(between(-1'000'000'000, 1'000'000'000)) / 4e8 * draw.times);
        using Limits = std::numeric_limits<T>;
        if (draw.values == Draw::infinite && chance(0.15))
          x[i] =
              pick<T>({Limits::quiet_NaN(), Limits::infinity(), -Limits::infinity(), T(0), -T(0)});
        if (draw.values == Draw::special && chance(0.15))
          x[i] = pick<T>({Limits::quiet_NaN(), Limits::infinity(), -Limits::infinity(), T(0), -T(0),
                          Limits::max(), Limits::denorm_min()});
      }
    }
  });
  const Tensor there = draw.onto ? draw.onto(memory) : memory.to(draw.device);
  const Tensor x(there.storage(), layout, draw.dtype);
  Tensor out = x;
  if (draw.requires_grad) out.requires_grad_();
  watch(name, out);
  return out;
}

Device Program::device() { return chance(0.25) && cuda::is_available() ? cuda_device : cpu; }

Tensor Program::indices(const std::string& name, const Shape& shape, std::int64_t below,
                        Device device) {
  Tensor x(shape, int64);
  for (std::int64_t i = 0; i < x.numel(); ++i)
    x.data_ptr<std::int64_t>()[i] = between(0, below - 1);
  x = x.to(device);
  watch(name, x);
  return x;
}

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
  generator_before_ = default_generator().state();
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
  const std::string generator_now = default_generator().state();
  if (transcript->writes()) {
    transcript->write(
        {.what = "generator", .text = generator_now == generator_before_ ? "" : generator_now});
  } else {
    const std::string expected = transcript->take().text;
    const bool drew = generator_now != generator_before_;
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
  if (!of_process && reference_output >= 0) of_process = std::make_unique<ToJudge>();
  if (!of_process && !reference_program.empty()) of_process = std::make_unique<FromReference>();
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
  if (auto* to_judge = dynamic_cast<ToJudge*>(of_process.get())) to_judge->flush();
}

}  // namespace kindling::testing
