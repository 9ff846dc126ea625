#include "testing/expect.h"

namespace kindling::testing {

void wrong_answer(const std::string& headline, const std::string& details,
                  std::source_location at) {
  const std::string text = details.empty() ? headline : headline + "\n" + details;
  ADD_FAIL_AT(at.file_name(), static_cast<int>(at.line()), text);
  throw std::logic_error(headline);  // not reached: the line above ends the test case
}

void expect(const std::string& what, const Tensor& got, const Tensor& expected, Tolerance tolerance,
            std::source_location at) {
  const std::string differs = difference(got, expected, tolerance);
  if (differs.empty()) return;
  wrong_answer(what + ": " + differs,
               labelled("expected ", expected) + "\n" + labelled("got      ", got), at);
}

void expect(const std::string& what, const Tensor& got, const Tensor& expected,
            std::source_location at) {
  expect(what, got, expected, tolerance_for(expected.dtype()), at);
}

void expect_undefined(const std::string& what, const Tensor& got, std::source_location at) {
  if (!got.defined()) return;
  wrong_answer(what + ": expected an undefined Tensor", labelled("got      ", got), at);
}

void expect(const std::string& what, const Shape& got, const Shape& expected,
            std::source_location at) {
  if (got == expected) return;
  std::ostringstream text;
  text << what << ": expected " << expected << ", got " << got;
  wrong_answer(text.str(), "", at);
}

}  // namespace kindling::testing
