#include "testing/expect.h"

#include <algorithm>
#include <array>
#include <exception>

namespace kindling::testing {

namespace {

std::array<char, 1 << 14> given;
std::size_t given_end = 0;    // where the next text begins
std::size_t given_shown = 0;  // beyond it where an exception has ended the life of some

/// Where a character of UTF-8 begins, at `at` or before.
std::size_t character_at(const std::string& text, std::size_t at) {
  while (at > 0 && at < text.size() && (text[at] & 0xC0) == 0x80) --at;
  return std::min(at, text.size());
}

/// A piece of a text in one line, with … where it was cut.
std::string piece(const std::string& text, std::size_t begin, std::size_t end) {
  begin = character_at(text, begin), end = character_at(text, end);
  std::string line = begin > 0 ? "…" : "";
  for (std::size_t i = begin; i < end; ++i)
    line += text[i] == '\n' ? "\\n" : std::string(1, text[i]);
  return line + (end < text.size() ? "…" : "");
}

/// Of a large tensor, what lies around the element of that index: at most 4 x 6 elements of the
/// last two axes. In `place`, their indices as PyTorch writes them: "[0, 2:6, 0:6]".
Tensor around(Tensor x, const Shape& index, std::string& place) {
  const std::int64_t rank = std::ssize(index);
  std::int64_t axis = 0;
  std::ostringstream text;
  for (std::int64_t i = 0; i < rank; ++i) {
    const std::int64_t most = i == rank - 1 ? 6 : i == rank - 2 ? 4 : 1;
    text << (i ? ", " : "[");
    if (most == 1) {
      text << index[i];
      x = x.select(axis, index[i]);
      continue;
    }
    const std::int64_t length = x.size(axis), count = std::min(most, length);
    const std::int64_t begin = std::clamp<std::int64_t>(index[i] - most / 2, 0, length - count);
    text << begin << ':' << begin + count;
    x = x.narrow(axis++, begin, count);
  }
  place = text.str() + "]";
  return x;
}

constexpr std::int64_t shown_whole = 48;  // elements

}  // namespace

Given::Given(std::string text)
    : text_(std::move(text)), begin_(given_end), exceptions_(std::uncaught_exceptions()) {
  const std::size_t size = text_.copy(given.data() + begin_, given.size() - begin_ - 1);
  given[begin_ + size] = '\n';
  given_shown = given_end = std::min(begin_ + size + 1, given.size() - 1);
}

Given::~Given() {
  given_end = begin_;
  if (std::uncaught_exceptions() == exceptions_) given_shown = begin_;
}

std::string_view Given::all() noexcept { return {given.data(), given_shown}; }

void Given::forget() noexcept { given_end = given_shown = 0; }

std::string compared(const std::string& expected, const std::string& got) {
  constexpr std::size_t shown_whole = 160, before = 30, behind = 40;
  if (expected.size() + got.size() <= shown_whole) return "expected " + expected + ", got " + got;
  const auto differ = std::ranges::mismatch(expected, got);
  const auto at = static_cast<std::size_t>(differ.in1 - expected.begin());
  const std::size_t begin = at > before ? at - before : 0;
  std::ostringstream text;
  text << "from character " << at << " on expected " << piece(expected, begin, at + behind)
       << ", got " << piece(got, begin, at + behind);
  return text.str();
}

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
  const auto index = differing_element(got, expected, tolerance);
  if (index && expected.numel() > shown_whole) {
    std::string place;
    const Tensor of_expected = around(expected.detach(), *index, place);
    const Tensor of_got = around(got.detach(), *index, place);
    wrong_answer(what + ": " + differs,
                 labelled("expected " + place + " = ", of_expected) + "\n" +
                     labelled("got      " + place + " = ", of_got),
                 at);
  }
  if (std::max(expected.numel(), got.defined() ? got.numel() : 0) > shown_whole)
    wrong_answer(what + ": " + differs, "", at);  // the shapes say more than their elements
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
