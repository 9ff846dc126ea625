#include "tools/terminal.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>

namespace learn {
namespace {

std::string_view environment(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

std::string painted(std::string_view code, std::string_view text) {
  return colourful() ? fmt::format("\x1b[{}m{}\x1b[0m", code, text) : std::string(text);
}

bool utf8() {
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    const std::string_view locale = environment(name);
    if (!locale.empty()) {  // the first that is set decides
      return locale.find("UTF-8") != locale.npos || locale.find("utf8") != locale.npos;
    }
  }
  return false;
}

}  // namespace

bool is_terminal() { return isatty(STDOUT_FILENO) && environment("CI") != "true"; }

bool colourful() {
  static const bool answer =
      is_terminal() && environment("NO_COLOR").empty() && environment("TERM") != "dumb";
  return answer;
}

std::string bold(std::string_view text) { return painted("1", text); }
std::string dim(std::string_view text) { return painted("2", text); }
std::string green(std::string_view text) { return painted("32", text); }
std::string red(std::string_view text) { return painted("31", text); }

std::string rule(std::string_view left, std::string_view right) {
  constexpr int width = 79;
  const std::string_view dash = utf8() ? "─" : "-";
  const auto dashes = [&](int count) {
    std::string line;
    while (count-- > 0) line += dash;
    return line;
  };
  const int used = static_cast<int>(left.size() + right.size()) + (right.empty() ? 4 : 8);
  std::string line = dim(dashes(2)) + " " + bold(left) + " " + dim(dashes(width - used));
  if (!right.empty()) line += fmt::format(" {} {}", right, dim(dashes(2)));
  return line;
}

std::string tick() { return green(utf8() ? "✓" : "+"); }
std::string cross() { return red(utf8() ? "✗" : "x"); }
std::string dot() { return dim(utf8() ? "·" : "."); }

std::string bar(std::size_t done, std::size_t all, std::size_t width) {
  const std::size_t full = all == 0 ? 0 : done * width / all;
  std::string text;
  for (std::size_t i = 0; i < width; ++i)
    text += i < full ? (utf8() ? "█" : "#") : (utf8() ? "░" : "-");
  return text;
}

}  // namespace learn
