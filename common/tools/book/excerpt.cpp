#include "tools/book/excerpt.h"

#include <algorithm>
#include <sstream>
#include <stdexcept>

#include "tools/cpp.h"

namespace book {
using cpp::Declaration;
using cpp::is_space;

namespace {

/// Whether a declaration is called `name`: "sum_to", "Walk", or more of it: "matmul(const Tensor&".
bool is_called(const Declaration& declaration, const std::string& name) {
  const auto function = cpp::function_in(declaration.head);
  if (name.find('(') != name.npos) return function && function->signature.starts_with(name);
  if (declaration.within == name) return false;  // its constructors
  for (const char* kind : {"struct ", "class ", "enum ", "enum class "})
    if (name.starts_with(kind))
      return cpp::type_in(declaration.head) == name.substr(std::string(kind).size());
  return cpp::name_in(declaration.head) == name;
}

/// The text between the first pair of double quotes of `words`, which it removes with what stands
/// before.
std::string take_quoted(std::string_view& words) {
  const std::size_t open = words.find('"');
  const std::size_t close = open == words.npos ? open : words.find('"', open + 1);
  if (close == words.npos) throw std::runtime_error("expected a text between quotes");
  const std::string text(words.substr(open + 1, close - open - 1));
  words.remove_prefix(close + 1);
  return text;
}

std::string between(std::string_view source, std::string_view what) {
  const std::string first = take_quoted(what);
  const bool one_line = trimmed(what).empty();
  const std::string last = one_line ? first : take_quoted(what);
  std::string found;
  bool inside = false;
  for (const std::string& line : lines_of(source)) {
    if (!inside && line.find(first) == line.npos) continue;
    const bool begins = !inside;
    inside = true;
    found += line + "\n";
    if ((!begins || one_line) && line.find(last) != line.npos) return without_margin(found);
  }
  throw std::runtime_error(inside ? "no later line has \"" + last + "\""
                                  : "no line has \"" + first + "\"");
}

}  // namespace

std::string trimmed(std::string_view text) {
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return std::string(text);
}

std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines;
  std::istringstream in{std::string(text)};
  for (std::string line; std::getline(in, line);) lines.push_back(std::move(line));
  return lines;
}

std::string without_margin(std::string_view text) {
  std::vector<std::string> lines = lines_of(text);
  std::size_t margin = std::string::npos;
  for (std::string& line : lines) {
    while (!line.empty() && is_space(line.back())) line.pop_back();
    if (!line.empty()) margin = std::min(margin, line.find_first_not_of(' '));
  }
  std::string out;
  for (const std::string& line : lines) {
    if (line.empty() && out.empty()) continue;
    out += (line.empty() ? line : line.substr(margin)) + "\n";
  }
  while (out.ends_with("\n\n")) out.pop_back();
  return out;
}

std::string excerpt(std::string_view source, std::string_view what) {
  std::string name = trimmed(what);
  if (name.empty()) return without_margin(source);
  if (name.starts_with("from ")) return between(source, name);
  const std::string with_comment = ", with its comment";
  const bool whole = name.ends_with(with_comment);
  if (whole) name.resize(name.size() - with_comment.size());
  const Declaration* found = nullptr;
  const auto declarations = cpp::declarations_in(source);
  for (const Declaration& declaration : declarations) {
    if (!is_called(declaration, name)) continue;
    if (found)
      throw std::runtime_error("several are called " + name + ": \"" + found->head + "\" and \"" +
                               declaration.head + "\". Say more of the one that you mean");
    found = &declaration;
  }
  if (!found) throw std::runtime_error("nothing is called " + name);
  std::size_t begin = whole ? found->comment : found->begin;
  while (begin > 0 && source[begin - 1] == ' ') --begin;  // the margin of its first line
  std::size_t end = found->end;
  // A remark behind it belongs to it: "int operands;  ///< how many are in use".
  const std::size_t line_end = std::min(source.find('\n', end), source.size());
  if (trimmed(source.substr(end, line_end - end)).starts_with("//")) end = line_end;
  return without_margin(source.substr(begin, end - begin));
}

}  // namespace book
