#include "tools/terminal.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>

#include "kindling/terminal.h"

namespace learn {
namespace {

/// Asked once: it does not change while a command runs.
const kindling::show::Terminal& terminal() {
  static const kindling::show::Terminal answer = kindling::show::Terminal::detect();
  return answer;
}

std::string painted(std::string_view code, std::string_view text) {
  return colourful() ? fmt::format("\x1b[{}m{}\x1b[0m", code, text) : std::string(text);
}

bool utf8() { return terminal().unicode; }

}  // namespace

bool is_terminal() { return terminal().attended; }
bool colourful() { return terminal().colour; }

std::string bold(std::string_view text) { return painted("1", text); }
std::string dim(std::string_view text) { return painted("2", text); }
std::string green(std::string_view text) { return painted("32", text); }
std::string red(std::string_view text) { return painted("31", text); }

bool can_draw() { return terminal().interactive; }

namespace {

winsize window() {
  winsize size = {};
  if (!isatty(STDOUT_FILENO) || ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0) size = {};
  if (size.ws_col == 0) size.ws_col = 80;
  if (size.ws_row == 0) size.ws_row = 24;
  return size;
}

}  // namespace

std::size_t terminal_columns() { return window().ws_col; }
std::size_t terminal_rows() { return window().ws_row; }

std::size_t text_width() { return std::clamp<std::size_t>(terminal_columns(), 20, 100); }

std::size_t width_of(std::string_view text) {
  std::size_t width = 0;
  bool escaped = false;  // within "\x1b[…m"
  for (const char c : text) {
    if (c == '\x1b') escaped = true;
    // Further bytes of a UTF-8 character, 10xxxxxx, take no column of their own.
    if (!escaped && (static_cast<unsigned char>(c) & 0xC0) != 0x80) ++width;
    if (c == 'm') escaped = false;
  }
  return width;
}

std::string wrap(std::string_view text, std::size_t width, std::size_t indent, std::size_t first) {
  std::string wrapped;
  std::size_t column = first;
  bool line_begins = true;
  while (true) {
    const std::size_t start = text.find_first_not_of(" \n");
    if (start == text.npos) return wrapped;
    text.remove_prefix(start);
    const std::string_view word = text.substr(0, text.find_first_of(" \n"));
    text.remove_prefix(word.size());
    if (!line_begins && column + 1 + width_of(word) > width) {
      wrapped += "\n" + std::string(indent, ' ');
      column = indent;
      line_begins = true;
    }
    if (!line_begins) {
      wrapped += ' ';
      ++column;
    }
    wrapped += word;
    column += width_of(word);
    line_begins = false;
  }
}

std::string wrap_lines(std::string_view text, std::size_t width) {
  std::string wrapped;
  while (true) {
    const std::string_view line = text.substr(0, text.find('\n'));
    const std::size_t indent = std::min(line.find_first_not_of(' '), line.size());
    wrapped +=
        std::string(indent, ' ') + (width_of(line) <= width ? std::string(line.substr(indent))
                                                            : wrap(line, width, indent, indent));
    if (line.size() == text.size()) return wrapped;
    wrapped += '\n';
    text.remove_prefix(line.size() + 1);
  }
}

std::string fitted(std::string_view text, std::size_t indent) {
  if (!is_terminal() || indent + width_of(text) < text_width()) return std::string(text);
  return wrap(text, text_width() - 1, indent, indent);
}

std::string shorten(std::string_view text, std::size_t width) {
  if (width_of(text) <= width) return std::string(text);
  const std::string_view more = utf8() ? " …" : " ...";
  std::string line = wrap(text, width - width_of(more));
  line.resize(std::min(line.find('\n'), line.size()));
  line.resize(line.find_last_not_of(" ,;:") + 1);
  return line + std::string(more);
}

std::string table(const std::vector<Row>& rows) {
  std::size_t left = 0;
  for (const Row& row : rows) left = std::max(left, width_of(row.left));
  const std::size_t width = text_width() - 1;
  const bool two_columns = left + 4 + 24 <= width;
  const std::size_t indent = two_columns ? left + 4 : 6;
  std::string text;
  for (const Row& row : rows) {
    text += "  " + row.left;
    if (!row.right.empty())
      text += (two_columns ? std::string(left - width_of(row.left) + 2, ' ')
                           : "\n" + std::string(indent, ' ')) +
              wrap(row.right, width, indent, indent);
    text += "\n";
  }
  return text;
}

std::string rule(std::string_view left, std::string_view right) {
  const std::string_view dash = utf8() ? "─" : "-";
  const auto dashes = [&](std::size_t count) {
    std::string line;
    while (count-- > 0) line += dash;
    return line;
  };
  const std::size_t width = text_width() - 1;
  const std::size_t used = width_of(left) + width_of(right) + (right.empty() ? 4 : 8);
  if (used >= width)  // one below the other
    return bold(wrap(left, width)) + (right.empty() ? "" : "\n" + wrap(right, width));
  std::string line = dim(dashes(2)) + " " + bold(left) + " " + dim(dashes(width - used));
  if (!right.empty()) line += fmt::format(" {} {}", right, dim(dashes(2)));
  return line;
}

std::string tick() { return green(utf8() ? "✓" : "+"); }
std::string cross() { return red(utf8() ? "✗" : "x"); }
std::string dot() { return dim(utf8() ? "·" : "."); }

std::string bar(std::size_t done, std::size_t all, std::size_t width) {
  std::size_t full = all == 0 ? 0 : done * width / all;
  if (done > 0) full = std::max<std::size_t>(full, 1);  // a beginning shows
  std::string text;
  for (std::size_t i = 0; i < width; ++i)
    text += i < full ? (utf8() ? "█" : "#") : (utf8() ? "░" : "-");
  return text;
}

}  // namespace learn
