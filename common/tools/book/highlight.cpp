#include "tools/book/highlight.h"

#include <algorithm>
#include <cctype>
#include <set>

#include "tools/book/excerpt.h"
#include "tools/book/html.h"
#include "tools/cpp.h"

namespace book {
namespace {

std::string span(const char* kind, std::string_view text) {
  return std::string("<span class=\"") + kind + "\">" + escaped(text) + "</span>";
}

const std::set<std::string_view> keywords = {"alignas",   "auto",          "break",
                                             "case",      "catch",         "class",
                                             "concept",   "const",         "const_cast",
                                             "constexpr", "constinit",     "continue",
                                             "decltype",  "default",       "delete",
                                             "do",        "dynamic_cast",  "else",
                                             "enum",      "explicit",      "extern",
                                             "false",     "final",         "for",
                                             "friend",    "goto",          "if",
                                             "inline",    "mutable",       "namespace",
                                             "new",       "noexcept",      "nullptr",
                                             "operator",  "override",      "private",
                                             "protected", "public",        "reinterpret_cast",
                                             "requires",  "return",        "sizeof",
                                             "static",    "static_assert", "static_cast",
                                             "struct",    "switch",        "template",
                                             "this",      "thread_local",  "throw",
                                             "true",      "try",           "typedef",
                                             "typename",  "union",         "using",
                                             "virtual",   "volatile",      "while",
                                             "co_await",  "co_return",     "co_yield"};
const std::set<std::string_view> types = {"bool",  "char",   "double",   "float", "int",   "long",
                                          "short", "signed", "unsigned", "void",  "size_t"};

/// Line by line, so that a margin of line numbers can be put before each.
std::string spans(const char* kind, std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::size_t line = std::min(text.find('\n'), text.size());
    if (line > 0) out += span(kind, text.substr(0, line));
    if (line < text.size()) out += '\n';
    text.remove_prefix(std::min(line + 1, text.size()));
  }
  return out;
}

/// Colours names and numbers, one after the other, and remembers what stood before.
class CppPainter {
 public:
  CppPainter(std::string_view source, const Symbols& symbols, const std::string& top)
      : source_(source), symbols_(symbols), top_(top) {}

  std::string paint() {
    for (const cpp::Piece& piece : cpp::pieces_of(source_)) {
      const std::string_view text = source_.substr(piece.begin, piece.end - piece.begin);
      if (piece.kind == cpp::Kind::comment) {
        out_ += spans("c", text);
      } else if (piece.kind == cpp::Kind::text) {
        out_ += spans("s", text);
        before_ = '"';
      } else if (piece.kind == cpp::Kind::directive) {
        directive(text, piece.begin);
      } else {
        code(piece.begin, piece.end);
      }
    }
    return std::move(out_);
  }

 private:
  /// `#include <map>`, `#define FAST`, or, behind a comment or a string, the rest of one.
  void directive(std::string_view text, std::size_t begin) {
    std::size_t word = 0;
    if (text.starts_with('#')) {
      word = std::min(text.find_first_of(" \n"), text.size());
      out_ += span("p", text.substr(0, word));
    }
    const std::size_t file = text.find('<'), close = text.find('>');
    if (text.starts_with("#include") && close != text.npos) {
      code(begin + word, begin + file);
      out_ += span("s", text.substr(file, close + 1 - file));
      word = close + 1;
    }
    code(begin + word, begin + text.size());
  }

  void code(std::size_t at, std::size_t end) {
    while (at < end) {
      const char c = source_[at];
      const bool number = std::isdigit(static_cast<unsigned char>(c)) ||
                          (c == '.' && at + 1 < end && !cpp::is_word(before_) && before_ != ')' &&
                           std::isdigit(static_cast<unsigned char>(source_[at + 1])));
      if (number) {
        at = this->number(at, end);
      } else if (cpp::is_word(c)) {
        at = name(at, end);
      } else {
        out_ += escaped(source_.substr(at, 1));
        if (!cpp::is_space(c)) before_ = c;
        ++at;
      }
    }
  }

  std::size_t number(std::size_t at, std::size_t end) {
    std::size_t to = at + 1;
    while (to < end &&
           (cpp::is_word(source_[to]) || source_[to] == '.' || source_[to] == '\'' ||
            ((source_[to] == '-' || source_[to] == '+') && std::tolower(source_[to - 1]) == 'e')))
      ++to;
    out_ += span("n", source_.substr(at, to - at));
    before_ = '0';
    return to;
  }

  /// A name with its namespaces: nn::Linear.
  std::size_t name(std::size_t at, std::size_t end) {
    std::size_t to = at;
    while (to < end &&
           (cpp::is_word(source_[to]) ||
            (source_.substr(to, 2) == "::" && to + 2 < end && cpp::is_word(source_[to + 2]))))
      to += source_[to] == ':' ? 2 : 1;
    const std::string_view name = source_.substr(at, to - at);
    const std::size_t next = source_.find_first_not_of(' ', to);
    const char after = next == source_.npos ? ' ' : source_[next];
    const bool call = after == '(' || (after == '<' && before_ != '<');
    const bool member = before_ == '.' || (before_ == '>' && out_.ends_with("&gt;") && at > 1 &&
                                           source_[at - 2] == '-');
    const bool type = std::isupper(static_cast<unsigned char>(name[name.rfind(':') + 1]));
    const Symbol* symbol = member || !(call || type) ? nullptr : symbols_.find(name);
    if (keywords.contains(name))
      out_ += span("k", name);
    else if (types.contains(name))
      out_ += span("t", name);
    else if (symbol)
      out_ += "<a class=\"" + std::string(type ? "t" : "f") + "\" href=\"" + top_ + symbol->url +
              "\">" + escaped(name) + "</a>";
    else if (type || name.starts_with("std::"))
      out_ += span("t", name);
    else if (call && after == '(')
      out_ += span("f", name);
    else
      out_ += escaped(name);
    before_ = 'a';
    return to;
  }

  std::string_view source_;
  const Symbols& symbols_;
  const std::string& top_;
  std::string out_;
  char before_ = ' ';  // the last character that was no blank
};

std::string shell(std::string_view code) {
  std::string out;
  for (const std::string& line : lines_of(code)) {
    std::string_view rest = line;
    const std::size_t margin = std::min(rest.find_first_not_of(' '), rest.size());
    out += rest.substr(0, margin);
    rest.remove_prefix(margin);
    if (rest.starts_with("$ ")) {
      out += "<span class=\"prompt\">$ </span>";
      rest.remove_prefix(2);
    }
    bool first = true;
    while (!rest.empty()) {
      if (rest[0] == ' ') {
        out += ' ';
        rest.remove_prefix(1);
        continue;
      }
      if (rest[0] == '#') {
        out += span("c", rest);
        break;
      }
      std::size_t end = std::min(rest.find(' '), rest.size());
      if (rest[0] == '\'' || rest[0] == '"')
        end = std::min(rest.find(rest[0], 1), rest.size() - 1) + 1;
      const std::string_view word = rest.substr(0, end);
      if (word == "&&" || word == "|" || word == ";") {
        out += escaped(word);
        first = true;
      } else {
        out += first                               ? span("f", word)
               : word[0] == '-'                    ? span("k", word)
               : word[0] == '"' || word[0] == '\'' ? span("s", word)
                                                   : escaped(word);
        first = false;
      }
      rest.remove_prefix(end);
    }
    out += '\n';
  }
  return out;
}

std::string diff(std::string_view code) {
  std::string out;
  for (const std::string& line : lines_of(code)) {
    const char* kind = line.starts_with('+')   ? "ins"
                       : line.starts_with('-') ? "del"
                       : line.starts_with("@") ? "c"
                                               : nullptr;
    out += (kind ? span(kind, line) : escaped(line)) + "\n";
  }
  return out;
}

/// What programs print: marks of verdicts, prompts.
std::string terminal(std::string_view code) {
  std::string out;
  for (const std::string& line : lines_of(code)) {
    std::string html = escaped(line);
    if (line.starts_with("$ ")) html = trimmed(shell(line));
    replace_all(html, "✓", "<span class=\"ok\">✓</span>");
    replace_all(html, "✗", "<span class=\"no\">✗</span>");
    out += html + "\n";
  }
  return out;
}

}  // namespace

std::string highlighted(std::string_view code, std::string_view language, const Symbols& symbols,
                        const std::string& top) {
  if (language == "cpp" || language == "c++" || language == "cu" || language == "cuda")
    return CppPainter(code, symbols, top).paint();
  if (language == "sh" || language == "bash" || language == "shell") return shell(code);
  if (language == "diff") return diff(code);
  if (language == "text" || language == "console" || language.empty()) return terminal(code);
  return escaped(code);
}

}  // namespace book
