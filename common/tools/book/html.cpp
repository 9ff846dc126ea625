#include "tools/book/html.h"

#include <cctype>
#include <charconv>
#include <cstdint>
#include <cstdio>
#include <map>

namespace book {

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '&')
      out += "&amp;";
    else if (c == '<')
      out += "&lt;";
    else if (c == '>')
      out += "&gt;";
    else if (c == '"')
      out += "&quot;";
    else
      out += c;
  }
  return out;
}

/// In UTF-8.
static std::string utf8(std::uint32_t code) {
  const auto last_bits = [](std::uint32_t bits) { return static_cast<char>(0x80 | (bits & 0x3F)); };
  if (code < 0x80) return {static_cast<char>(code)};
  if (code < 0x800) return {static_cast<char>(0xC0 | code >> 6), last_bits(code)};
  if (code < 0x10000)
    return {static_cast<char>(0xE0 | code >> 12), last_bits(code >> 6), last_bits(code)};
  return {static_cast<char>(0xF0 | code >> 18), last_bits(code >> 12), last_bits(code >> 6),
          last_bits(code)};
}

/// What stands between & and ; as a character: "lt", "#39", "#x2014". Empty if it is none that we
/// know.
static std::string character_of(std::string_view name) {
  if (name.starts_with('#')) {
    const bool hexadecimal = name.size() > 1 && (name[1] == 'x' || name[1] == 'X');
    const std::string_view digits = name.substr(hexadecimal ? 2 : 1);
    std::uint32_t code = 0;
    const auto [end, error] =
        std::from_chars(digits.data(), digits.data() + digits.size(), code, hexadecimal ? 16 : 10);
    if (error != std::errc() || end != digits.data() + digits.size() || code == 0) return "";
    return code > 0x10FFFF ? "" : utf8(code);
  }
  static const std::map<std::string_view, std::string_view> named = {
      {"amp", "&"},       {"lt", "<"},     {"gt", ">"},    {"quot", "\""},  {"apos", "'"},
      {"nbsp", "\u00A0"}, {"ndash", "–"},  {"mdash", "—"}, {"hellip", "…"}, {"times", "×"},
      {"middot", "·"},    {"minus", "−"},  {"le", "≤"},    {"ge", "≥"},     {"ne", "≠"},
      {"larr", "←"},      {"rarr", "→"},   {"lsquo", "‘"}, {"rsquo", "’"},  {"ldquo", "“"},
      {"rdquo", "”"},     {"copy", "©"},   {"deg", "°"},   {"micro", "µ"},  {"sup2", "²"},
      {"radic", "√"},     {"sum", "∑"},    {"infin", "∞"}, {"asymp", "≈"},  {"laquo", "«"},
      {"raquo", "»"},     {"eacute", "é"}, {"uuml", "ü"},  {"ouml", "ö"},   {"auml", "ä"}};
  const auto at = named.find(name);
  return at == named.end() ? "" : std::string(at->second);
}

std::string plain_text(std::string_view html) {
  std::string out;
  bool space = true;
  for (std::size_t at = 0; at < html.size(); ++at) {
    char c = html[at];
    if (c == '<') {
      const std::size_t end = html.find('>', at);
      const std::string_view tag = html.substr(at, end - at);
      // Words of two paragraphs or cells do not belong together.
      for (const char* block : {"<p", "</p", "<li", "<td", "<th", "<div", "<h", "<br", "</pre"})
        if (tag.starts_with(block)) {
          if (!space) out += ' ';
          space = true;
          break;
        }
      if (end == html.npos) break;
      at = end;
      continue;
    }
    if (c == '&') {
      const std::size_t end = html.find(';', at);
      const std::string character =
          end == html.npos ? "" : character_of(html.substr(at + 1, end - at - 1));
      if (character.size() > 1 && character != "\u00A0") {
        out += character;
        space = false;
        at = end;
        continue;
      }
      if (!character.empty()) {
        c = character.size() > 1 ? ' ' : character[0];  // the space that does not break, too
        at = end;
      }
    }
    const bool blank = std::isspace(static_cast<unsigned char>(c));
    if (blank && space) continue;
    out += blank ? ' ' : c;
    space = blank;
  }
  while (out.ends_with(' ')) out.pop_back();
  return out;
}

std::string js_string(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    if (c == '<') {  // "</script>" would end the script that the string stands in
      out += "\\u003c";
    } else if (static_cast<unsigned char>(c) < 0x20) {
      char code[7];
      std::snprintf(code, sizeof code, "\\u%04x", static_cast<unsigned>(c));
      out += code;
    } else {
      out += c;
    }
  }
  return out + "\"";
}

std::string slug(std::string_view heading) {
  std::string out;
  for (const char c : heading) {
    const auto byte = static_cast<unsigned char>(c);
    if (std::isalnum(byte) || c == '-' || c == '_')
      out += static_cast<char>(std::tolower(byte));
    else if (c == ' ')
      out += '-';
    else if (byte >= 0x80)
      out += c;  // letters of other alphabets; punctuation beyond ASCII is not for headings
  }
  return out;
}

void replace_all(std::string& text, std::string_view from, std::string_view to) {
  for (std::size_t at = text.find(from); at != text.npos; at = text.find(from, at + to.size()))
    text.replace(at, from.size(), to);
}

}  // namespace book
