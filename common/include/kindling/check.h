#pragma once
#include <source_location>
#include <sstream>
#include <stdexcept>
#include <string>

/// Kindling: PyTorch, built by you. Everything lives in this namespace.
///
/// Threads: every function may be called from any thread.
namespace kindling {

/// Thrown when a caller breaks a documented precondition. The text says what was expected and what
/// came.
struct Error : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Thrown by an exercise that has not been solved yet.
struct NotImplemented : std::logic_error {
  explicit NotImplemented(const std::string& exercise,
                          std::source_location at = std::source_location::current())
      : std::logic_error("exercise " + exercise + " is still to be written: " + at.file_name() +
                         ":" + std::to_string(at.line())) {}
};

/// Throws an Error whose text is all the arguments, streamed one after the other.
template <class... Args>
[[noreturn, gnu::noinline, gnu::cold]] void fail(const Args&... message) {
  std::ostringstream text;
  text << std::boolalpha;
  (text << ... << message);
  throw Error(text.str());
}

/// check(a == b, "matmul: inner dimensions must agree, got ", a, " and ", b);
template <class... Args>
void check(bool ok, const Args&... message) {
  if (!ok) [[unlikely]]
    fail(message...);
}

}  // namespace kindling
