#include "testing/transcript.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <stdexcept>

#include "kindling/check.h"
#include "testing/beside.h"
#include "testing/judged.h"

extern char** environ;

namespace kindling::testing {
namespace {

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

template <class Get>  // get(bytes) returns so many bytes
Seen unpack(Get get) {
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

/// The reference program's: into a pipe.
class ToJudge : public Transcript {
 public:
  bool writes() const override { return true; }
  void write(const Seen& seen) override {
    waiting_ += packed(seen);
    if (waiting_.size() > 1 << 16) flush();
  }
  Seen read() override { throw std::logic_error("the reference reads nothing"); }
  void flush() override {
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
      wait_for_more();
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

  /// The time that the reference takes is not the answer's.
  void wait_for_more() const {
    pollfd ready{.fd = from_, .events = POLLIN, .revents = 0};
    if (poll(&ready, 1, 0) != 0) return;
    const auto start = std::chrono::steady_clock::now();
    is_waiting(true, {});
    poll(&ready, 1, -1);
    is_waiting(false, std::chrono::duration_cast<std::chrono::microseconds>(
                          std::chrono::steady_clock::now() - start));
  }

  pid_t process_ = -1;
  int from_ = -1;
  std::string buffer_;
  std::size_t used_ = 0;
};

}  // namespace

std::unique_ptr<Transcript> write_to_judge() { return std::make_unique<ToJudge>(); }
std::unique_ptr<Transcript> read_from_reference() { return std::make_unique<FromReference>(); }

void ToItself::write(const Seen& seen) { bytes_ += packed(seen); }

Seen ToItself::read() {
  return unpack([this](std::size_t count) {
    check(at_ + count <= bytes_.size(), "the second run of a random program sees more");
    return bytes_.substr((at_ += count) - count, count);
  });
}

}  // namespace kindling::testing
