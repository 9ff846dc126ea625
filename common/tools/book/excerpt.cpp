#include "tools/book/excerpt.h"

#include <algorithm>
#include <cctype>
#include <sstream>
#include <stdexcept>

namespace book {
namespace {

bool is_space(char c) { return std::isspace(static_cast<unsigned char>(c)) != 0; }
bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_'; }

/// `source` with blanks in place of comments, preprocessor lines and what strings hold, so that
/// every brace counts.
std::string bare_code(std::string_view source) {
  std::string out(source);
  const auto blank = [&](std::size_t from, std::size_t to) {
    for (std::size_t i = from; i < std::min(to, out.size()); ++i)
      if (out[i] != '\n') out[i] = ' ';
  };
  const auto end_of = [&](std::string_view mark, std::size_t from) {
    const std::size_t at = source.find(mark, from);
    return at == source.npos ? source.size() : at + mark.size();
  };
  bool line_begins = true;
  for (std::size_t at = 0; at < source.size();) {
    const std::string_view rest = source.substr(at);
    const char c = source[at];
    std::size_t end = at;
    if (rest.starts_with("//")) {
      end = end_of("\n", at) - (source.find('\n', at) != source.npos);
      blank(at, end);
    } else if (rest.starts_with("/*")) {
      end = end_of("*/", at + 2);
      blank(at, end);
    } else if (c == '#' && line_begins) {
      end = source.find('\n', at);
      while (end != source.npos && source[end - 1] == '\\') end = source.find('\n', end + 1);
      end = std::min(end, source.size());
      blank(at, end);
    } else if (rest.starts_with("R\"")) {
      const std::size_t open = source.find('(', at);
      end = end_of(")" + std::string(source.substr(at + 2, open - at - 2)) + "\"", open);
      blank(at + 2, end - 1);
    } else if (c == '"' || (c == '\'' && (at == 0 || !is_word(source[at - 1])))) {
      end = at + 1;
      while (end < source.size() && source[end] != c) end += source[end] == '\\' ? 2 : 1;
      blank(at + 1, end);
      end = std::min(end + 1, source.size());
    }
    if (end == at) {
      if (c == '\n')
        line_begins = true;
      else if (!is_space(c))
        line_begins = false;
      ++at;
    } else {
      at = end;
      line_begins = false;
    }
  }
  return out;
}

std::string on_one_line(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (!is_space(c))
      out += c;
    else if (!out.empty() && out.back() != ' ')
      out += ' ';
  }
  return trimmed(out);
}

bool has_word(std::string_view text, std::string_view word) {
  for (std::size_t at = text.find(word); at != text.npos; at = text.find(word, at + 1))
    if ((at == 0 || !is_word(text[at - 1])) &&
        (at + word.size() == text.size() || !is_word(text[at + word.size()])))
      return true;
  return false;
}

/// "Walk" of "struct Walk : Base".
std::string type_name(std::string_view head) {
  std::istringstream words{std::string(head)};
  for (std::string word; words >> word;)
    if (word == "struct" || word == "class" || word == "enum" || word == "union") {
      words >> word;
      if (word == "class") words >> word;
      return word;
    }
  return "";
}

class Reader {
 public:
  explicit Reader(std::string_view source) : source_(source), code_(bare_code(source)) {}

  std::vector<Declaration> read() {
    std::size_t at = 0;
    while (at < code_.size()) at = read_scope(at, "") + 1;  // past a brace too many, too
    return std::move(found_);
  }

 private:
  std::size_t skip_space(std::size_t at) const {
    while (at < code_.size() && is_space(code_[at])) ++at;
    return at;
  }

  std::size_t closing(std::size_t open) const {
    int depth = 0;
    for (std::size_t at = open; at < code_.size(); ++at) {
      if (code_[at] == '{') ++depth;
      if (code_[at] == '}' && --depth == 0) return at;
    }
    return code_.size();
  }

  /// Declarations from `at` to the brace that closes their scope.
  std::size_t read_scope(std::size_t at, const std::string& type) {
    while ((at = skip_space(at)) < code_.size() && code_[at] != '}') at = read_one(at, type);
    return at;
  }

  std::size_t read_one(std::size_t begin, const std::string& type) {
    int depth = 0;
    std::size_t body = 0;  // where the first brace opens
    for (std::size_t at = begin; at < code_.size(); ++at) {
      const char c = code_[at];
      if (c == '(' || c == '[') ++depth;
      if (c == ')' || c == ']') --depth;
      if (depth > 0) continue;
      if (c == ':' && !type.empty()) {  // public:
        const std::string word = trimmed(code_.substr(begin, at - begin));
        if (word == "public" || word == "private" || word == "protected") return at + 1;
      }
      if (c == ';') return add(begin, body ? body : at, at + 1, type);
      if (c == '}') return at;  // something that is none of ours
      if (c != '{') continue;
      const std::string head = on_one_line(code_.substr(begin, at - begin));
      if (has_word(head, "namespace") || head.starts_with("extern")) {
        const std::size_t end = read_scope(at + 1, "");
        return end + 1;
      }
      const std::size_t end = closing(at);
      const std::string name = type_name(head);
      if (!name.empty() && head.find('(') == head.npos) {
        std::size_t after = skip_space(end + 1);
        while (after < code_.size() && code_[after] != ';') ++after;
        add(begin, at, after + 1, type);
        if (!has_word(head, "enum")) read_scope(at + 1, name);
        return after + 1;
      }
      if (!body) body = at;
      const std::size_t after = skip_space(end + 1);
      const char next = after < code_.size() ? code_[after] : ' ';
      if (next == ',' || next == '{' || next == ';' || next == ')' || next == '.') {
        at = end;  // a braced initialiser: what is declared goes on
        continue;
      }
      return add(begin, body, end + 1, type);
    }
    return code_.size();
  }

  std::size_t add(std::size_t begin, std::size_t body, std::size_t end, const std::string& type) {
    std::size_t comment = begin;
    for (std::size_t line = begin; line > 0;) {
      const std::size_t newline = source_.rfind('\n', line - 1);
      const std::size_t margin = newline == source_.npos ? 0 : newline + 1;
      if (!trimmed(source_.substr(margin, line - margin)).empty()) break;
      if (margin == 0) break;
      const std::size_t before = source_.rfind('\n', margin - 2);
      const std::size_t above = before == source_.npos ? 0 : before + 1;
      if (!trimmed(source_.substr(above, margin - above)).starts_with("//")) break;
      comment = line = above + source_.substr(above).find_first_not_of(' ');
    }
    found_.push_back({on_one_line(source_.substr(begin, body - begin)), comment, begin, end, type});
    return end;
  }

  std::string_view source_;
  std::string code_;
  std::vector<Declaration> found_;
};

/// Whether a declaration with this head is called `name`: "sum_to", "Walk" or "matmul(const
/// Tensor&".
bool is_called(const Declaration& declaration, const std::string& name) {
  const std::string& head = declaration.head;
  const bool prefix = name.find('(') != name.npos;
  if (!prefix && declaration.within == name) return false;  // its constructors
  for (std::size_t at = head.find(name); at != head.npos; at = head.find(name, at + 1)) {
    if (at > 0 && (is_word(head[at - 1]) || head[at - 1] == ':' || head[at - 1] == '~')) continue;
    if (head.find('(') < at) return false;  // one of its parameters
    if (prefix) return true;
    const std::string after = trimmed(head.substr(at + name.size()));
    if (after.empty() || after.starts_with("(") || after.starts_with("=") ||
        after.starts_with(":") || after.starts_with("final"))
      return true;
  }
  return false;
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

std::vector<Declaration> declarations_in(std::string_view source) { return Reader(source).read(); }

std::string function_name(std::string_view head) {
  std::size_t open = head.find('(');
  if (const std::size_t call = head.find("operator()"); call != head.npos)
    open = head.find('(', call + 10);
  if (open == head.npos || head.substr(0, open).find('=') < head.find("operator")) return "";
  std::size_t name = open;
  if (const std::size_t op = head.find("operator"); op < open) name = op;
  while (name > 0 && (is_word(head[name - 1]) || head[name - 1] == ':' || head[name - 1] == '~'))
    --name;
  return std::string(head.substr(name, open - name));
}

std::string excerpt(std::string_view source, std::string_view what) {
  std::string name = trimmed(what);
  if (name.empty()) return without_margin(source);
  if (name.starts_with("from ")) return between(source, name);
  const std::string with_comment = ", with its comment";
  const bool whole = name.ends_with(with_comment);
  if (whole) name.resize(name.size() - with_comment.size());
  const Declaration* found = nullptr;
  const auto declarations = declarations_in(source);
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
