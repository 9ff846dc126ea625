#pragma once

#include <cstddef>
#include <string>
#include <string_view>

/// What the reader's terminal can show. Escape codes are written only to a terminal, and never when
/// NO_COLOR is set.
namespace learn {

bool colourful();
bool is_terminal();

std::string bold(std::string_view text);
std::string dim(std::string_view text);
std::string green(std::string_view text);
std::string red(std::string_view text);

/// A line across 79 columns: `── left ─────────── right ──`, in ASCII where the locale is not
/// UTF-8.
std::string rule(std::string_view left, std::string_view right = "");
std::string tick();
std::string cross();
std::string dot();
/// ███░░░: `done` of `all`, `width` characters wide.
std::string bar(std::size_t done, std::size_t all, std::size_t width);

}  // namespace learn
