#include "tools/cpp.h"

#include <algorithm>
#include <cctype>
#include <stdexcept>

namespace cpp {

bool is_space(char c) { return std::isspace(static_cast<unsigned char>(c)) != 0; }
bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_'; }

static bool is_digit(char c) { return std::isdigit(static_cast<unsigned char>(c)) != 0; }

std::string on_one_line(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (!is_space(c))
      out += c;
    else if (!out.empty() && out.back() != ' ')
      out += ' ';
  }
  if (out.ends_with(' ')) out.pop_back();
  return out;
}

// ---- What of it is code --------------------------------------------------------------------------

namespace {

/// One walk over the characters, which knows where comments, strings and directives end.
class Scanner {
 public:
  explicit Scanner(std::string_view source) : source_(source) {}

  std::vector<Piece> scan() {
    while (at_ < source_.size()) step();
    return std::move(pieces_);
  }

 private:
  void step() {
    const std::string_view rest = source_.substr(at_);
    const char c = rest[0];
    if (rest.starts_with("//")) return add(Kind::comment, end_of_line(at_));
    if (rest.starts_with("/*")) return add(Kind::comment, behind("*/", at_ + 2));
    if (c == '\n') {
      line_begins_ = true;
      directive_ = false;
      return add(Kind::code, at_ + 1);
    }
    if (c == '#' && line_begins_) directive_ = true;
    if (!is_space(c)) line_begins_ = false;
    if (directive_ && rest.starts_with("\\\n")) return add(Kind::directive, at_ + 2);
    if (c == '"' || c == '\'') return add(Kind::text, end_of_quoted(at_));
    if (is_word(c)) return word();
    add(directive_ ? Kind::directive : Kind::code, at_ + 1);
  }

  /// A name, a number, or what stands before a quotation mark: u8"a", R"(a)".
  void word() {
    std::size_t end = at_;
    const bool number = is_digit(source_[at_]);
    while (end < source_.size() && (is_word(source_[end]) ||
                                    // 1'000: no quotation mark
                                    (number && source_[end] == '\'' && end + 1 < source_.size() &&
                                     is_word(source_[end + 1]))))
      ++end;
    const std::string_view prefix = source_.substr(at_, end - at_);
    const char next = end < source_.size() ? source_[end] : ' ';
    const bool raw = prefix.ends_with('R') && next == '"';
    const std::string_view encoding = prefix.substr(0, prefix.size() - (raw ? 1 : 0));
    const bool quoted = next == '"' || next == '\'';
    const bool known = encoding == "u8" || encoding == "u" || encoding == "U" || encoding == "L";
    if (raw && (known || encoding.empty())) return add(Kind::text, end_of_raw(end));
    if (quoted && known) return add(Kind::text, end_of_quoted(end));
    add(directive_ ? Kind::directive : Kind::code, end);
  }

  std::size_t end_of_line(std::size_t from) const {
    return std::min(source_.find('\n', from), source_.size());
  }
  std::size_t behind(std::string_view mark, std::size_t from) const {
    const std::size_t found = source_.find(mark, from);
    return found == source_.npos ? source_.size() : found + mark.size();
  }
  /// A quotation mark that is never closed ends with its line.
  std::size_t end_of_quoted(std::size_t quote) const {
    std::size_t end = quote + 1;
    while (end < source_.size() && source_[end] != source_[quote] && source_[end] != '\n')
      end += source_[end] == '\\' ? 2 : 1;
    if (end < source_.size() && source_[end] != '\n') ++end;
    return std::min(end, source_.size());
  }
  std::size_t end_of_raw(std::size_t quote) const {
    const std::size_t open = source_.find('(', quote);
    if (open == source_.npos) return source_.size();
    return behind(")" + std::string(source_.substr(quote + 1, open - quote - 1)) + "\"", open);
  }

  void add(Kind kind, std::size_t end) {
    const bool goes_on = !pieces_.empty() && pieces_.back().kind == kind &&
                         (kind == Kind::code || kind == Kind::directive);
    if (goes_on)
      pieces_.back().end = end;
    else
      pieces_.push_back({kind, at_, end});
    at_ = end;
  }

  std::string_view source_;
  std::size_t at_ = 0;
  bool line_begins_ = true, directive_ = false;
  std::vector<Piece> pieces_;
};

}  // namespace

std::vector<Piece> pieces_of(std::string_view source) { return Scanner(source).scan(); }

std::string code_of(std::string_view source) {
  std::string code(source);
  for (const Piece& piece : pieces_of(source)) {
    if (piece.kind == Kind::code) continue;
    for (std::size_t i = piece.begin; i < piece.end; ++i)
      if (code[i] != '\n') code[i] = ' ';
  }
  return code;
}

// ---- What is called what -------------------------------------------------------------------------

namespace {

/// A word of a declaration, or one of its signs.
struct Token {
  std::string_view text;
  std::size_t begin;
  std::size_t end() const { return begin + text.size(); }
  bool is_word() const { return cpp::is_word(text[0]); }
};

std::vector<Token> tokens_of(std::string_view code) {
  std::vector<Token> tokens;
  for (std::size_t at = 0; at < code.size();) {
    std::size_t end = at + 1;
    if (is_word(code[at]))
      while (end < code.size() && is_word(code[end])) ++end;
    else if (code.substr(at, 2) == "::" || code.substr(at, 2) == "->")
      ++end;
    if (!is_space(code[at])) tokens.push_back({code.substr(at, end - at), at});
    at = end;
  }
  return tokens;
}

/// The token behind the one that closes what opens at `at`.
std::size_t behind_group(const std::vector<Token>& tokens, std::size_t at) {
  const std::string_view open = tokens[at].text;
  const std::string_view close = open == "(" ? ")" : open == "[" ? "]" : open == "{" ? "}" : ">";
  int depth = 0;
  for (; at < tokens.size(); ++at) {
    if (tokens[at].text == open) ++depth;
    if (tokens[at].text == close && --depth == 0) return at + 1;
    // A parenthesis within <…> may hide a >.
    if (open == "<" && tokens[at].text == "(") at = behind_group(tokens, at) - 1;
  }
  return tokens.size();
}

/// Whether parameters may be followed by this: otherwise they were an attribute's, as in
/// `alignas(8) int f()` or `__launch_bounds__(256) void f()`.
bool may_follow_parameters(const std::vector<Token>& tokens, std::size_t at) {
  if (at >= tokens.size() || !tokens[at].is_word()) return true;
  for (const char* word : {"const", "volatile", "noexcept", "override", "final", "requires", "try"})
    if (tokens[at].text == word) return true;
  return false;
}

struct Place {
  std::size_t name, open;  // where the name and its parameters begin
};

std::optional<Place> find_function(std::string_view code) {
  const std::vector<Token> tokens = tokens_of(code);
  std::optional<std::size_t> name;  // where the last name begins, with all before its ::
  bool continues = false;           // the last token was the :: of that name
  for (std::size_t at = 0; at < tokens.size();) {
    const Token& token = tokens[at];
    if (token.text == "operator") {
      std::size_t open = at + 1;
      if (open + 1 < tokens.size() && tokens[open].text == "(" && tokens[open + 1].text == ")")
        open += 2;  // operator()
      while (open < tokens.size() && tokens[open].text != "(") ++open;
      if (open == tokens.size()) return {};
      return Place{continues && name ? *name : token.begin, tokens[open].begin};
    }
    if (token.is_word()) {
      if (!continues || !name) {
        const bool destructor = at > 0 && tokens[at - 1].text == "~";
        name = destructor ? tokens[at - 1].begin : token.begin;
      }
      continues = false;
      ++at;
    } else if (token.text == "::") {
      if (!name) name = token.begin;
      continues = true;
      ++at;
    } else if (token.text == "<" && at > 0 && tokens[at - 1].is_word()) {
      at = behind_group(tokens, at);  // a template's arguments
    } else if (token.text == "(") {
      const std::size_t behind = behind_group(tokens, at);
      const bool named = at > 0 && (tokens[at - 1].is_word() || tokens[at - 1].text == ">");
      if (named && name && may_follow_parameters(tokens, behind)) return Place{*name, token.begin};
      name.reset();
      continues = false;
      at = behind;
    } else if (token.text == "=") {
      return {};  // a variable: what follows is its value
    } else {
      if (token.text != "~") name.reset(), continues = false;
      ++at;
    }
  }
  return {};
}

std::string without_template_arguments(std::string_view name) {
  std::string out;
  int depth = 0;
  const std::size_t op = name.find("operator");
  for (std::size_t i = 0; i < name.size(); ++i) {
    if (i == op) return out + std::string(name.substr(i));  // operator<
    if (name[i] == '<') ++depth;
    if (depth == 0) out += name[i];
    if (name[i] == '>') --depth;
  }
  while (out.ends_with(' ')) out.pop_back();
  return out;
}

}  // namespace

std::optional<Function> function_in(std::string_view head) {
  const std::string code = code_of(head);
  const std::optional<Place> place = find_function(code);
  if (!place) return {};
  const std::string_view name = head.substr(place->name, place->open - place->name);
  return Function{without_template_arguments(name), on_one_line(head.substr(place->name))};
}

std::string type_in(std::string_view head) {
  const std::string code = code_of(head);
  const std::vector<Token> tokens = tokens_of(code);
  for (std::size_t at = 0; at < tokens.size(); ++at) {
    if (tokens[at].text == "<" && at > 0 && tokens[at - 1].text == "template") {
      at = behind_group(tokens, at) - 1;
      continue;
    }
    if (tokens[at].text == "(" || tokens[at].text == "=") return "";
    const bool is_enum = tokens[at].text == "enum";
    if (!is_enum && tokens[at].text != "struct" && tokens[at].text != "class" &&
        tokens[at].text != "union")
      continue;
    ++at;
    if (is_enum && at < tokens.size() &&
        (tokens[at].text == "class" || tokens[at].text == "struct"))
      ++at;
    while (at < tokens.size() && (tokens[at].text == "[" || tokens[at].text == "alignas"))
      at = behind_group(tokens, tokens[at].text == "[" ? at : at + 1);
    return at < tokens.size() && tokens[at].is_word() ? std::string(tokens[at].text) : "";
  }
  return "";
}

std::string name_in(std::string_view head) {
  if (const auto function = function_in(head)) return function->name;
  if (std::string type = type_in(head); !type.empty()) return type;
  // `using A = …`, `int a = …`, `std::array<int, 3> a`: the last word before the value.
  const std::string code = code_of(head);
  std::string last;
  const std::vector<Token> tokens = tokens_of(code);
  for (std::size_t at = 0;
       at < tokens.size() && tokens[at].text != "=" && tokens[at].text != "[";) {
    if (tokens[at].text == "<") {
      at = behind_group(tokens, at);
      continue;
    }
    if (tokens[at].is_word()) last = tokens[at].text;
    ++at;
  }
  return last;
}

// ---- Declarations --------------------------------------------------------------------------------

namespace {

bool has_word(std::string_view text, std::string_view word) {
  for (const Token& token : tokens_of(text))
    if (token.text == word) return true;
  return false;
}

/// What a declaration stands in.
struct Around {
  std::string scope, type;
  bool internal = false;
};

class Reader {
 public:
  explicit Reader(std::string_view source) : source_(source), code_(code_of(source)) {}

  std::vector<Declaration> read() {
    std::size_t at = 0;
    while (at < code_.size()) at = read_scope(at, {}) + 1;  // past a brace too many, too
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
  std::size_t read_scope(std::size_t at, const Around& around) {
    while ((at = skip_space(at)) < code_.size() && code_[at] != '}') at = read_one(at, around);
    return at;
  }

  /// Of `namespace kindling::nn {`, or of `extern "C" {`.
  std::size_t read_namespace(std::size_t open, const std::string& head, Around around) {
    const std::string word = "namespace";
    if (const std::size_t at = head.find(word); at != head.npos) {
      const std::string name = on_one_line(head.substr(at + word.size()));
      if (name.empty()) around.internal = true;
      if (!name.empty()) around.scope += (around.scope.empty() ? "" : "::") + name;
    }
    return read_scope(open + 1, around) + 1;
  }

  std::size_t read_one(std::size_t begin, const Around& around) {
    int depth = 0;
    std::size_t head_end = 0;  // where the first brace opens
    for (std::size_t at = begin; at < code_.size(); ++at) {
      const char c = code_[at];
      if (c == '(' || c == '[') ++depth;
      if (c == ')' || c == ']') --depth;
      if (depth > 0) continue;
      if (c == ':' && !around.type.empty()) {  // public:
        const std::string word = on_one_line(code_.substr(begin, at - begin));
        if (word == "public" || word == "private" || word == "protected") return at + 1;
      }
      if (c == ';') return add(begin, head_end ? head_end : at, at + 1, at + 1, around);
      if (c == '}') return at;  // something that is none of ours
      if (c != '{') continue;
      const std::string head = on_one_line(code_.substr(begin, at - begin));
      if (has_word(head, "namespace") || head == "extern") return read_namespace(at, head, around);
      const std::size_t end = closing(at);
      if (const std::string type = type_in(head); !type.empty() && !function_in(head)) {
        std::size_t after = skip_space(end + 1);
        while (after < code_.size() && code_[after] != ';') ++after;
        add(begin, at, std::min(after + 1, code_.size()), at, around);
        const std::string within = around.type.empty() ? type : around.type + "::" + type;
        if (!has_word(head, "enum")) read_scope(at + 1, {around.scope, within, around.internal});
        return after + 1;
      }
      if (!head_end) head_end = at;
      const std::size_t after = skip_space(end + 1);
      const char next = after < code_.size() ? code_[after] : ' ';
      if (next == ',' || next == '{' || next == ';' || next == ')' || next == '.') {
        at = end;  // a braced initialiser: what is declared goes on
        continue;
      }
      return add(begin, head_end, std::min(end + 1, code_.size()), at, around);
    }
    return code_.size();
  }

  /// Where the lines directly above the one of `begin` begin, as long as they are comments.
  std::size_t comment_above(std::size_t begin) const {
    std::size_t comment = begin;
    for (std::size_t line = begin; line > 0;) {
      const std::size_t newline = source_.rfind('\n', line - 1);
      if (newline == source_.npos) break;
      if (!on_one_line(source_.substr(newline + 1, line - newline - 1)).empty()) break;
      const std::size_t before = newline == 0 ? source_.npos : source_.rfind('\n', newline - 1);
      const std::size_t above = before == source_.npos ? 0 : before + 1;
      const std::string_view text = source_.substr(above, newline - above);
      const std::size_t margin = text.find_first_not_of(" \t");
      if (margin == text.npos || !text.substr(margin).starts_with("//")) break;
      comment = line = above + margin;
    }
    return comment;
  }

  std::size_t add(std::size_t begin, std::size_t head_end, std::size_t end, std::size_t open,
                  const Around& around) {
    const std::string head = on_one_line(source_.substr(begin, head_end - begin));
    // A static member, though, is known wherever its type is.
    const bool internal = around.internal || (around.type.empty() &&
                                              has_word(head.substr(0, head.find('(')), "static"));
    found_.push_back({.head = head,
                      .comment = comment_above(begin),
                      .begin = begin,
                      .end = end,
                      .open = open,
                      .within = around.type,
                      .scope = around.scope,
                      .internal = internal});
    return end;
  }

  std::string_view source_;
  std::string code_;
  std::vector<Declaration> found_;
};

}  // namespace

std::vector<Declaration> declarations_in(std::string_view source) { return Reader(source).read(); }

std::string full_name(const Declaration& declaration) {
  std::string name = declaration.scope;
  for (const std::string& part : {declaration.within, name_in(declaration.head)})
    if (!part.empty()) name += (name.empty() ? "" : "::") + part;
  return name;
}

}  // namespace cpp
