#pragma once
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// A judge is two processes. The child runs the answer (runner.cpp) and tells its parent what it
/// comes to; the parent (verdict.cpp) writes the verdict, whatever becomes of the child: it may
/// crash, hang, print without end, take all memory, or end itself by exit(0).
namespace kindling::testing {

enum class Event : std::uint8_t {
  case_begins,  ///< what is asked, and where that stands
  more_time,    ///< how many seconds the running test case may take
  waits,        ///< "1" when it begins to wait for what is not the answer's, "0" when it goes on;
                ///< for how many microseconds it has waited
  failure,      ///< what was wrong, the details, what was given, where it was asked, the function
                ///< that it is about, return addresses
  skipped,      ///< what the running test case did not look at
  tried,        ///< how many random programs were run, and from which seed
  case_ends,
  left_behind,  ///< where a thread was started that still runs when its test case has ended
  crash,        ///< the signal, why if that is known, addresses, what was given, the function
  finished,     ///< the last word of a child that has run all test cases
};

/// What the child prints before each test case, so that its parent knows what belongs to which.
constexpr char next_case = '\x1e';

struct Message {
  Event event{};
  std::vector<std::string> fields;
};

/// Sends a message, whole, whichever thread calls.
void send(int pipe, Event, std::initializer_list<std::string_view> fields);
/// The same in a signal's handler, which takes no memory and waits for no lock longer than 100 ms.
/// One thread calls it, once. What does not fit into 32 KiB is cut.
void send_in_handler(int pipe, Event, std::initializer_list<std::string_view> fields) noexcept;

/// Takes messages out of the bytes that come through a pipe.
class Messages {
 public:
  void add(std::string_view bytes) { bytes_ += bytes; }
  std::optional<Message> next();

 private:
  std::string bytes_;
};

/// The bytes of numbers or addresses as a field, and back.
template <class T>
std::string_view bytes_of(const T* values, std::size_t count) {
  return {reinterpret_cast<const char*>(values), count * sizeof(T)};
}
template <class T>
std::vector<T> values_in(std::string_view bytes) {
  std::vector<T> values(bytes.size() / sizeof(T));
  bytes.copy(reinterpret_cast<char*>(values.data()), values.size() * sizeof(T));
  return values;
}

/// The exit status of a child that has said its last word, heard or not.
constexpr int has_spoken = 86;

/// Runs the test cases, as the child does: `pipe` is where its parent listens. Returns the exit
/// status.
int run_cases(int argc, char** argv, int pipe);
/// Reads what the child says, and what the answer prints, and writes the verdict. Returns 0 if the
/// answer passes.
int give_verdict(int child, int events, int printed);

}  // namespace kindling::testing
