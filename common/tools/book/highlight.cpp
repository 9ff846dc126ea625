#include "tools/book/highlight.h"

#include <algorithm>
#include <cctype>
#include <set>

#include "tools/book/excerpt.h"
#include "tools/book/html.h"

namespace book {
namespace {

bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_'; }

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

std::string cpp(std::string_view code, const Symbols& symbols, const std::string& top) {
  std::string out;
  char before = ' ';  // the last character that was no blank
  const auto upto = [&](std::string_view mark, std::size_t from) {
    const std::size_t at = code.find(mark, from);
    return at == code.npos ? code.size() : at + mark.size();
  };
  bool line_begins = true;
  for (std::size_t at = 0; at < code.size();) {
    const std::string_view rest = code.substr(at);
    const char c = code[at];
    std::size_t end = at + 1;
    if (rest.starts_with("//") || rest.starts_with("/*")) {
      end = c == '/' && rest[1] == '/' ? std::min(code.find('\n', at), code.size())
                                       : upto("*/", at + 2);
      // Line by line, so that a margin of line numbers can be put before each.
      std::string_view comment = code.substr(at, end - at);
      while (!comment.empty()) {
        const std::size_t line = std::min(comment.find('\n'), comment.size());
        if (line > 0) out += span("c", comment.substr(0, line));
        if (line < comment.size()) out += '\n';
        comment.remove_prefix(std::min(line + 1, comment.size()));
      }
    } else if (c == '#' && line_begins) {
      const std::size_t word = std::min(code.find_first_of(" \n", at), code.size());
      out += span("p", code.substr(at, word - at));
      end = word;
      std::size_t file = code.find_first_not_of(' ', word);
      if (rest.starts_with("#include") && file < code.size() && code[file] == '<') {
        end = upto(">", file);
        out += " " + span("s", code.substr(file, end - file));
      }
    } else if (c == '"' || (c == '\'' && !is_word(before)) || rest.starts_with("R\"")) {
      if (rest.starts_with("R\"")) {
        const std::size_t open = code.find('(', at);
        end = upto(")" + std::string(code.substr(at + 2, open - at - 2)) + "\"", open);
      } else {
        while (end < code.size() && code[end] != c && code[end] != '\n')
          end += code[end] == '\\' ? 2 : 1;
        end = std::min(end + 1, code.size());
      }
      out += span("s", code.substr(at, end - at));
      before = '"';
    } else if (std::isdigit(static_cast<unsigned char>(c)) ||
               (c == '.' && rest.size() > 1 && std::isdigit(static_cast<unsigned char>(rest[1])) &&
                !is_word(before) && before != ')')) {
      while (end < code.size() &&
             (is_word(code[end]) || code[end] == '.' || code[end] == '\'' ||
              ((code[end] == '-' || code[end] == '+') && std::tolower(code[end - 1]) == 'e')))
        ++end;
      out += span("n", code.substr(at, end - at));
      before = '0';
    } else if (is_word(c)) {
      // A name with its namespaces: nn::Linear.
      while (end < code.size() &&
             (is_word(code[end]) || (code.substr(end).starts_with("::") && end + 2 < code.size() &&
                                     is_word(code[end + 2]))))
        end += code[end] == ':' ? 2 : 1;
      const std::string_view name = code.substr(at, end - at);
      const std::size_t next = code.find_first_not_of(' ', end);
      const bool call =
          next < code.size() && (code[next] == '(' || (code[next] == '<' && before != '<'));
      const bool member = before == '.' ||
                          (before == '>' && out.ends_with("&gt;") && at > 1 && code[at - 2] == '-');
      const bool type = std::isupper(static_cast<unsigned char>(name[name.rfind(':') + 1]));
      const Symbol* symbol = member || !(call || type) ? nullptr : symbols.find(name);
      if (keywords.contains(name)) {
        out += span("k", name);
      } else if (types.contains(name)) {
        out += span("t", name);
      } else if (symbol) {
        const char* kind = type ? "t" : "f";
        out += "<a class=\"" + std::string(kind) + "\" href=\"" + top + symbol->url + "\">" +
               escaped(name) + "</a>";
      } else if (type || name.starts_with("std::")) {
        out += span("t", name);
      } else if (call && code[next] == '(') {
        out += span("f", name);
      } else {
        out += escaped(name);
      }
      before = 'a';
    } else {
      out += escaped(code.substr(at, 1));
      if (!std::isspace(static_cast<unsigned char>(c))) before = c;
    }
    line_begins = code[end - 1] == '\n' || (line_begins && c == ' ');
    at = end;
  }
  return out;
}

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
    return cpp(code, symbols, top);
  if (language == "sh" || language == "bash" || language == "shell") return shell(code);
  if (language == "diff") return diff(code);
  if (language == "text" || language == "console" || language.empty()) return terminal(code);
  return escaped(code);
}

}  // namespace book
