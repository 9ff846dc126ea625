#pragma once
#include <doctest/doctest.h>

#include <algorithm>
#include <source_location>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "kindling/check.h"
#include "testing/closeness.h"
#include "testing/judged.h"

/// What the tests of exercises are written with. They are read by somebody whose answer was wrong,
/// so each failure begins with one line that says what differs, and where, and ends the test case.
/// `what` is what was computed, in the words of the exercise: "dA", "the strides of [2, 3]".

/// Shows what the learner's function was given, should the test case fail: GIVEN(a).
#undef GIVEN  // doctest's own, for another style of test
#define GIVEN(value) \
  KINDLING_GIVEN(DOCTEST_ANONYMOUS(given_), kindling::testing::labelled(#value " = ", value))
#define KINDLING_GIVEN(name, words)           \
  const kindling::testing::Given name{words}; \
  INFO(name.text())

namespace kindling::testing {

/// What the running test case gives to the answer, in words: written down before the call, which
/// may change it, or crash. Only for the thread that runs the test cases.
class Given {
 public:
  explicit Given(std::string text);
  ~Given();
  Given(const Given&) = delete;
  Given& operator=(const Given&) = delete;
  const std::string& text() const { return text_; }

  /// All that there is, oldest first, and what the exception that is on its way has passed. In
  /// plain memory: a signal's handler may ask.
  static std::string_view all() noexcept;
  /// There is nothing, as at the beginning of a test case.
  static void forget() noexcept;

 private:
  std::string text_;
  std::size_t begin_;
  int exceptions_;
};

/// "x = tensor([[1., 2.]," and further lines as far to the right, so that brackets stay aligned.
template <class T>
std::string labelled(const std::string& label, const T& value) {
  std::ostringstream text;
  text << std::boolalpha << value;
  std::string lines = label;
  for (const char c : text.str())
    lines += c == '\n' ? "\n" + std::string(label.size(), ' ') : std::string(1, c);
  return lines;
}

/// "expected A, got B" in one line; of long texts, what lies around the first character that
/// differs.
std::string compared(const std::string& expected, const std::string& got);

/// Ends the test case. `headline` is one line; `details` may be several.
[[noreturn]] void wrong_answer(const std::string& headline, const std::string& details = "",
                               std::source_location = std::source_location::current());

/// The same shape, dtype and elements; without a tolerance, that of the dtype.
void expect(const std::string& what, const Tensor& got, const Tensor& expected,
            std::source_location = std::source_location::current());
void expect(const std::string& what, const Tensor& got, const Tensor& expected, Tolerance,
            std::source_location = std::source_location::current());
void expect_undefined(const std::string& what, const Tensor& got,
                      std::source_location = std::source_location::current());
void expect(const std::string& what, const Shape& got, const Shape& expected,
            std::source_location = std::source_location::current());

/// Something that can be compared and printed: a number, a text, a dtype.
template <class Got, class Expected>
void expect(const std::string& what, const Got& got, const Expected& expected,
            std::source_location at = std::source_location::current()) {
  if (got == expected) return;
  std::ostringstream of_got, of_expected;
  of_got << std::boolalpha << got;
  of_expected << std::boolalpha << expected;
  wrong_answer(what + ": " + compared(of_expected.str(), of_got.str()), "", at);
}

template <class T>
void expect(const std::string& what, const std::vector<T>& got, const std::vector<T>& expected,
            std::source_location at = std::source_location::current()) {
  if (got == expected) return;
  std::size_t differs = 0;
  while (differs < std::min(got.size(), expected.size()) && got[differs] == expected[differs])
    ++differs;
  // All of a short list; of a long one, what lies around the first that differs.
  const auto list = [differs](const std::vector<T>& values) {
    const std::size_t begin = values.size() <= 20 || differs < 4 ? 0 : differs - 4;
    const std::size_t end =
        values.size() <= 20 ? values.size() : std::min(values.size(), begin + 12);
    std::ostringstream text;
    text << std::boolalpha << (begin > 0 ? "{…, " : "{");
    for (std::size_t i = begin; i < end; ++i) text << (i > begin ? ", " : "") << values[i];
    return text.str() + (end < values.size() ? ", …}" : "}");
  };
  std::ostringstream text;
  text << std::boolalpha << what << ": ";
  if (got.size() == expected.size()) {
    text << "at [" << differs << "] expected " << expected[differs] << ", got " << got[differs];
  } else if (const std::string all = list(expected) + ", got " + list(got); all.size() <= 60) {
    text << "expected " << all;
  } else {
    text << "expected " << expected.size() << " of them, got " << got.size();
  }
  wrong_answer(text.str(), "expected " + list(expected) + "\ngot      " + list(got), at);
}

/// `headline` says what is wrong if `ok` is not true.
inline void expect_that(bool ok, const std::string& headline,
                        std::source_location at = std::source_location::current()) {
  if (!ok) wrong_answer(headline, "", at);
}

/// `call` throws an Error whose text contains `part`.
template <class Call>
void expect_error(const std::string& what, Call&& call, const std::string& part,
                  std::source_location at = std::source_location::current()) {
  std::string text;
  try {
    call();
  } catch (const Error& error) {
    text = error.what();
    if (text.find(part) != text.npos) return;
    if (part.size() + text.size() > 400)
      wrong_answer(what + ": expected another text in the Error, " + compared(part, text), "", at);
    wrong_answer(what + ": expected another text in the Error, got \"" + text + "\"",
                 "expected \"" + part + "\"\ngot      \"" + text + "\"", at);
  } catch (const NotImplemented&) {
    throw;
  } catch (const std::exception& other) {
    wrong_answer(what + ": expected an Error, got another exception: " + other.what(),
                 "expected \"" + part + "\"", at);
  }
  wrong_answer(what + ": expected an Error, and none was thrown", "expected \"" + part + "\"", at);
}

}  // namespace kindling::testing
