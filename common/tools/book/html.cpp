#include "tools/book/html.h"

#include <cctype>
#include <cstdio>

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
      struct Entity {
        std::string_view name;
        char character;
      };
      for (const auto& [name, character] :
           {Entity{"&amp;", '&'}, Entity{"&lt;", '<'}, Entity{"&gt;", '>'}, Entity{"&quot;", '"'},
            Entity{"&#160;", ' '}, Entity{"&nbsp;", ' '}})
        if (html.substr(at).starts_with(name)) {
          c = character;
          at += name.size() - 1;
          break;
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
