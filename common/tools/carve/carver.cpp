#include "carve/carver.h"

#include <algorithm>
#include <cctype>
#include <cstdint>
#include <cstdio>
#include <regex>
#include <stdexcept>

namespace kindling::carve {
namespace {

[[noreturn]] void fail(std::string_view text, std::size_t at, const std::string& what) {
  throw std::runtime_error(
      "line " + std::to_string(1 + std::ranges::count(text.substr(0, at), '\n')) + ": " + what);
}

/// The end of what begins at `at` and hides braces: a comment, a string, a character, a raw string;
/// or `at` itself.
std::size_t skip_opaque(std::string_view text, std::size_t at) {
  const auto end_of = [&](std::string_view mark, std::size_t from) {
    const std::size_t found = text.find(mark, from);
    return found == std::string_view::npos ? text.size() : found + mark.size();
  };
  if (text.substr(at, 2) == "//") return end_of("\n", at);
  if (text.substr(at, 2) == "/*") return end_of("*/", at + 2);
  if (text.substr(at, 2) == "R\"") {
    const std::size_t open = text.find('(', at);
    return end_of(")" + std::string(text.substr(at + 2, open - at - 2)) + "\"", open);
  }
  const bool digit_separator =
      at > 0 && text[at] == '\'' && std::isalnum(static_cast<unsigned char>(text[at - 1]));
  if ((text[at] != '"' && text[at] != '\'') || digit_separator) return at;
  std::size_t end = at + 1;
  while (end < text.size() && text[end] != text[at]) end += text[end] == '\\' ? 2 : 1;
  return std::min(end + 1, text.size());
}

/// The first `wanted` outside of comments, strings and parentheses, from `at` on.
std::size_t find_outside(std::string_view text, std::size_t at, std::string_view wanted) {
  for (int depth = 0; at < text.size();) {
    if (const std::size_t after = skip_opaque(text, at); after != at) {
      at = after;
      continue;
    }
    if (depth == 0 && wanted.find(text[at]) != std::string_view::npos) return at;
    if (text[at] == '(' || text[at] == '[') ++depth;
    if (text[at] == ')' || text[at] == ']') --depth;
    ++at;
  }
  return std::string_view::npos;
}

/// The brace that closes the one at `open`.
std::size_t closing_brace(std::string_view text, std::size_t open) {
  int depth = 0;
  for (std::size_t at = open; at < text.size();) {
    if (const std::size_t after = skip_opaque(text, at); after != at) {
      at = after;
      continue;
    }
    if (text[at] == '{') ++depth;
    if (text[at] == '}' && --depth == 0) return at;
    ++at;
  }
  fail(text, open, "this brace is never closed");
}

std::size_t line_start(std::string_view text, std::size_t at) {
  const std::size_t newline = text.rfind('\n', at == 0 ? 0 : at - 1);
  return at == 0 || newline == std::string_view::npos ? 0 : newline + 1;
}

bool is_doc_line(std::string_view line) {
  const std::size_t first = line.find_first_not_of(' ');
  return first != std::string_view::npos && line.substr(first, 3) == "///";
}

/// From the first doc line of a tagged comment to the end of the function behind it.
struct Tagged {
  std::size_t comment, code, open, close;  // code: first character after the comment
};

Tagged tagged_at(std::string_view text, std::size_t tag) {
  Tagged found{};
  found.comment = line_start(text, tag);
  while (found.comment > 0) {
    const std::size_t before = line_start(text, found.comment - 1);
    if (!is_doc_line(text.substr(before, found.comment - before))) break;
    found.comment = before;
  }
  found.code = text.find('\n', tag) + 1;
  while (is_doc_line(text.substr(found.code, text.find('\n', found.code) - found.code)))
    found.code = text.find('\n', found.code) + 1;
  found.open = find_outside(text, found.code, "{;");
  if (found.open == std::string_view::npos || text[found.open] != '{')
    fail(text, tag, "this tag is followed by no body");
  found.close = closing_brace(text, found.open);
  return found;
}

/// "matmul(const Tensor& a, const Tensor& b)", on one line.
std::string signature_of(std::string_view code) {
  std::string one_line = std::regex_replace(std::string(code), std::regex(R"(\s+)"), " ");
  std::smatch match;
  static const std::regex name(R"(([A-Za-z_][A-Za-z_0-9:]*|operator[^(]+)\s*\()");
  if (std::regex_search(one_line, match, name))
    one_line = one_line.substr(static_cast<std::size_t>(match.position(1)));
  while (!one_line.empty() && one_line.back() == ' ') one_line.pop_back();
  return one_line;
}

}  // namespace

Carved carve(std::string_view solution) {
  static const std::regex tag(R"(\\(exercise\{([^}]*)\}|solution\b))");
  static const std::regex number(R"([1-9]\d*\.[1-9]\d*)");
  Carved out;
  const std::string whole(solution);
  std::size_t copied = 0;
  for (std::sregex_iterator at(whole.begin(), whole.end(), tag), end; at != end; ++at) {
    const auto position = static_cast<std::size_t>(at->position());
    const std::size_t start = line_start(whole, position);
    if (position < copied || !is_doc_line(std::string_view(whole).substr(start))) continue;
    const Tagged function = tagged_at(whole, position);
    if ((*at)[2].matched) {
      if (!std::regex_match((*at)[2].str(), number))
        fail(whole, position, "expected a number like 2.3, got \\exercise{" + (*at)[2].str() + "}");
      const std::size_t code_line = line_start(whole, function.open);
      const std::size_t indent = whole.find_first_not_of(' ', code_line) - code_line;
      const bool one_line = code_line >= function.code;
      const std::string margin(
          one_line ? std::min(indent, whole.find_first_not_of(' ', function.code) - function.code)
                   : 0,
          ' ');
      out.text += whole.substr(copied, function.open - copied);
      out.exercises.push_back({(*at)[2],
                               signature_of(std::string_view(whole).substr(
                                   function.code, function.open - function.code)),
                               static_cast<int>(1 + std::ranges::count(out.text, '\n'))});
      out.text +=
          "{\n" + margin + "  throw NotImplemented(\"" + (*at)[2].str() + "\");\n" + margin + "}";
      copied = function.close + 1;
    } else {
      out.text += whole.substr(copied, function.comment - copied);
      copied = function.close + 1;
      while (copied < whole.size() && (whole[copied] == ';' || whole[copied] == '\n')) ++copied;
    }
  }
  out.text += whole.substr(copied);
  return out;
}

std::string fingerprint(std::string_view text) {
  std::uint64_t hash = 14695981039346656037ULL;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
  char out[17];
  std::snprintf(out, sizeof out, "%016llx", static_cast<unsigned long long>(hash));
  return out;
}

}  // namespace kindling::carve
