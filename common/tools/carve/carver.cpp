#include "tools/carve/carver.h"

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <stdexcept>

#include "tools/cpp.h"

namespace kindling::carve {
namespace {

[[noreturn]] void fail(std::string_view text, std::size_t at, const std::string& what) {
  throw std::runtime_error(
      "line " + std::to_string(1 + std::ranges::count(text.substr(0, at), '\n')) + ": " + what);
}

std::size_t line_start(std::string_view text, std::size_t at) {
  const std::size_t newline = text.rfind('\n', at == 0 ? 0 : at - 1);
  return at == 0 || newline == std::string_view::npos ? 0 : newline + 1;
}

bool is_doc_line(std::string_view line) {
  const std::size_t first = line.find_first_not_of(' ');
  return first != std::string_view::npos && line.substr(first, 3) == "///";
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
  cpp::Declaration declaration;
  std::string signature;
  bool on_device = false;  // __global__ or __device__: a GPU's threads cannot throw
};

/// What the comment that has a tag at `at` stands above.
const cpp::Declaration& tagged(const std::vector<cpp::Declaration>& declarations,
                               std::string_view text, std::size_t at) {
  for (const cpp::Declaration& declaration : declarations) {
    if (at < declaration.comment || at >= declaration.begin) continue;
    if (declaration.open == declaration.end) break;
    if (text[declaration.end - 1] != '}' && text[declaration.end - 1] != ';')
      fail(text, declaration.open, "this brace is never closed");
    return declaration;
  }
  fail(text, at, "this tag is followed by no body");
}

std::string signature_of(const cpp::Declaration& declaration) {
  const auto function = cpp::function_in(declaration.head);
  return function ? function->signature : declaration.head;
}

std::vector<Mark> find_marks(std::string_view text) {
  std::vector<Mark> marks;
  const auto declarations = cpp::declarations_in(text);
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
    mark.declaration = tagged(declarations, text, at);
    mark.signature = signature_of(mark.declaration);
    mark.on_device = mark.declaration.head.find("__global__") != std::string::npos ||
                     mark.declaration.head.find("__device__") != std::string::npos;
    done = mark.declaration.end;
    marks.push_back(std::move(mark));
  }
  return marks;
}

/// The margin of the line that a function's declaration begins on.
std::string margin_of(std::string_view text, const cpp::Declaration& function) {
  return std::string(function.begin - line_start(text, function.begin), ' ');
}

}  // namespace

Carved carve(std::string_view solution) {
  Carved out;
  std::size_t copied = 0;
  for (const Mark& mark : find_marks(solution)) {
    const cpp::Declaration& function = mark.declaration;
    if (mark.number.empty()) {
      const std::size_t comment = line_start(solution, function.comment);
      out.text += solution.substr(copied, comment - copied);
      copied = function.end;
      while (copied < solution.size() && solution[copied] == '\n') ++copied;
      continue;
    }
    const std::string margin = margin_of(solution, function);
    out.text += solution.substr(copied, function.open - copied);
    out.exercises.push_back(
        {mark.number, mark.signature, static_cast<int>(1 + std::ranges::count(out.text, '\n'))});
    out.text += "{\n" + margin + "  " +
                (mark.on_device ? "not_implemented" : "throw NotImplemented") + "(\"" +
                mark.number + "\");\n" + margin + "}";
    copied = function.end;
  }
  out.text += solution.substr(copied);
  return out;
}

std::string with_other_answer(std::string_view solution, std::string_view answer) {
  struct Change {
    cpp::Declaration old, other;  // in `solution` and in `answer`
  };
  std::vector<Change> changes;
  const auto answers = cpp::declarations_in(answer);
  for (const Mark& mark : find_marks(solution)) {
    const auto other = std::ranges::find_if(answers, [&](const cpp::Declaration& declaration) {
      return declaration.open != declaration.end && signature_of(declaration) == mark.signature;
    });
    if (other != answers.end()) changes.push_back({mark.declaration, *other});
  }
  if (changes.empty())
    throw std::runtime_error("it defines none of the functions that the exercise asks for");
  std::string besides;  // what the answer needs besides, such as helpers
  std::size_t seen = 0;
  for (const Change& change : changes) {
    const std::size_t begin = line_start(answer, change.other.begin);
    if (begin < seen) throw std::runtime_error("its functions stand in another order");
    besides += answer.substr(seen, begin - seen);
    seen = change.other.end;
  }
  std::string out;
  std::size_t copied = 0;
  for (const Change& change : changes) {
    const std::size_t begin = line_start(answer, change.other.begin);
    out += solution.substr(copied, line_start(solution, change.old.comment) - copied);
    if (copied == 0) out += besides;
    out += answer.substr(begin, change.other.end - begin);
    copied = change.old.end;
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
