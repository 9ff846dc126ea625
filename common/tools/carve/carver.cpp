#include "tools/carve/carver.h"

#include <algorithm>
#include <cctype>
#include <cstdint>
#include <cstdio>
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

std::string on_one_line(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const bool space = std::isspace(static_cast<unsigned char>(c));
    if (!space || (!out.empty() && out.back() != ' ')) out += space ? ' ' : c;
  }
  if (!out.empty() && out.back() == ' ') out.pop_back();
  return out;
}

/// The parenthesis that opens the parameters in "static Tensor f(const Tensor& x)".
std::size_t parameters_at(std::string_view code) {
  const std::size_t call = code.find("operator()");
  return code.find('(', call == std::string_view::npos ? 0 : call + 10);
}

/// "f(const Tensor& x)" of "static Tensor f(const Tensor& x) {".
std::string signature_of(std::string_view code) {
  std::string line = on_one_line(code);
  const std::size_t parameters = parameters_at(line);
  if (parameters == std::string::npos) return line;
  std::size_t name = parameters;
  while (name > 0 && line[name - 1] != ' ' && line[name - 1] != '*' && line[name - 1] != '&')
    --name;
  return line.substr(name);
}

bool is_number(std::string_view text) {  // "2.13"
  const std::size_t dot = text.find('.');
  const auto is_count = [](std::string_view digits) {
    return !digits.empty() && digits[0] != '0' &&
           digits.find_first_not_of("0123456789") == std::string_view::npos;
  };
  return dot != std::string_view::npos && is_count(text.substr(0, dot)) &&
         is_count(text.substr(dot + 1));
}

/// One tag and what it tags.
struct Mark {
  std::string number;  // empty for \solution
  Tagged function;
  std::string signature;
  bool on_device = false;  // __global__ or __device__: a GPU's threads cannot throw
};

std::vector<Mark> find_marks(std::string_view text) {
  std::vector<Mark> marks;
  std::size_t done = 0;
  for (std::size_t at = 0; (at = text.find('\\', at)) != std::string_view::npos; ++at) {
    const std::string_view rest = text.substr(at);
    const bool exercise = rest.starts_with("\\exercise{");
    if ((!exercise && !rest.starts_with("\\solution")) || at < done ||
        !is_doc_line(text.substr(line_start(text, at))))
      continue;
    Mark mark;
    if (exercise) {
      mark.number = rest.substr(10, rest.find_first_of("}\n") - 10);
      if (!is_number(mark.number))
        fail(text, at, "expected a number like 2.3, got \\exercise{" + mark.number + "}");
    }
    mark.function = tagged_at(text, at);
    const std::string_view declaration =
        text.substr(mark.function.code, mark.function.open - mark.function.code);
    mark.signature = signature_of(declaration);
    mark.on_device = declaration.find("__global__") != std::string_view::npos ||
                     declaration.find("__device__") != std::string_view::npos;
    done = mark.function.close;
    marks.push_back(std::move(mark));
  }
  return marks;
}

/// The margin of the line that a function's declaration begins on.
std::string margin_of(std::string_view text, const Tagged& function) {
  return std::string(text.find_first_not_of(' ', function.code) - function.code, ' ');
}

}  // namespace

Carved carve(std::string_view solution) {
  Carved out;
  std::size_t copied = 0;
  for (const Mark& mark : find_marks(solution)) {
    const Tagged& function = mark.function;
    if (mark.number.empty()) {
      out.text += solution.substr(copied, function.comment - copied);
      copied = function.close + 1;
      while (copied < solution.size() && (solution[copied] == ';' || solution[copied] == '\n'))
        ++copied;
      continue;
    }
    const std::string margin = margin_of(solution, function);
    out.text += solution.substr(copied, function.open - copied);
    out.exercises.push_back(
        {mark.number, mark.signature, static_cast<int>(1 + std::ranges::count(out.text, '\n'))});
    out.text += "{\n" + margin + "  " +
                (mark.on_device ? "not_implemented" : "throw NotImplemented") + "(\"" +
                mark.number + "\");\n" + margin + "}";
    copied = function.close + 1;
  }
  out.text += solution.substr(copied);
  return out;
}

std::string with_other_answer(std::string_view solution, std::string_view answer) {
  struct Change {
    Tagged old;
    std::size_t begin, end;  // in `answer`
  };
  std::vector<Change> changes;
  for (const Mark& mark : find_marks(solution)) {
    const std::string name = mark.signature.substr(0, parameters_at(mark.signature));
    for (std::size_t at = 0; (at = answer.find(name, at)) != std::string_view::npos; ++at) {
      const std::size_t open = find_outside(answer, at, "{;");
      if (open == std::string_view::npos || answer[open] != '{' ||
          on_one_line(answer.substr(at, open - at)) != mark.signature)
        continue;
      changes.push_back({mark.function, line_start(answer, at), closing_brace(answer, open) + 1});
      break;
    }
  }
  if (changes.empty())
    throw std::runtime_error("it defines none of the functions that the exercise asks for");
  std::string besides;  // what the answer needs besides, such as helpers
  std::size_t seen = 0;
  for (const Change& change : changes) {
    if (change.begin < seen) throw std::runtime_error("its functions stand in another order");
    besides += answer.substr(seen, change.begin - seen);
    seen = change.end;
  }
  std::string out;
  std::size_t copied = 0;
  for (const Change& change : changes) {
    out += solution.substr(copied, change.old.comment - copied);
    if (copied == 0) out += besides;
    out += answer.substr(change.begin, change.end - change.begin);
    copied = change.old.close + 1;
  }
  return out + std::string(solution.substr(copied));
}

std::string fingerprint(std::string_view text) {
  std::uint64_t hash = 14695981039346656037ULL;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
  char out[17];
  std::snprintf(out, sizeof out, "%016llx", static_cast<unsigned long long>(hash));
  return out;
}

}  // namespace kindling::carve
