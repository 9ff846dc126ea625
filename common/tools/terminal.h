#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

/// What the reader's terminal can show. Escape codes are written only to a terminal, and never when
/// NO_COLOR is set.
namespace learn {

bool colourful();
bool is_terminal();

std::string bold(std::string_view text);
std::string dim(std::string_view text);
std::string green(std::string_view text);
std::string red(std::string_view text);

/// True where lines may be drawn anew: a terminal that knows escape codes.
bool can_draw();
/// How many columns and rows the terminal has now; 80 by 24 where there is none.
std::size_t terminal_columns();
std::size_t terminal_rows();
/// How wide text is to be: the terminal, but at most 100 columns, which eyes can still follow.
std::size_t text_width();
/// How many columns a text takes; escape codes take none.
std::size_t width_of(std::string_view text);
/// Breaks a text at blanks into lines of at most `width` columns, each but the first behind
/// `indent` blanks. `first`: how many columns of the first line are taken already. A word that is
/// wider than a line stays whole: it may be a path, or a command to copy.
std::string wrap(std::string_view text, std::size_t width, std::size_t indent = 0,
                 std::size_t first = 0);
/// Wraps each line by itself, and keeps how far it is indented; a line that fits stays as it is.
std::string wrap_lines(std::string_view text, std::size_t width);
/// A text that stands behind `indent` columns: where a terminal is too narrow for it, wrapped at
/// text_width(), each further line behind that many blanks. What goes elsewhere, where somebody may
/// search it, stays as it is.
std::string fitted(std::string_view text, std::size_t indent);
/// A text cut to a single line of at most `width` columns, which then ends with "…".
std::string shorten(std::string_view text, std::size_t width);
/// Rows of `  left   right`, the right ones beneath each other and wrapped at text_width(). Where
/// that is too narrow for two columns, the right one stands below the left one.
struct Row {
  std::string left, right;
};
std::string table(const std::vector<Row>& rows);

/// A line across the width of a text: `── left ─────────── right ──`, in ASCII where the locale is
/// not UTF-8.
std::string rule(std::string_view left, std::string_view right = "");
std::string tick();
std::string cross();
std::string dot();
/// ███░░░: `done` of `all`, `width` characters wide.
std::string bar(std::size_t done, std::size_t all, std::size_t width);

}  // namespace learn
