#pragma once
#include <filesystem>
#include <string>
#include <string_view>

namespace kindling {

/// Text that came from outside, as it may stand in a message: whatever a terminal would obey
/// instead of showing it, and what is no UTF-8, is written as "\r", "\0" or "\x1b".
std::string printable(std::string_view text);

/// The same between quotes, cut off behind `at_most` bytes: "\"a long te…\"".
std::string in_quotes(std::string_view text, std::size_t at_most = 40);

/// What to call a file in messages.
std::string printable_path(const std::filesystem::path& path);

/// To be called while an exception is handled: throws it again, of the type that it has, with
/// `where` before its text. Exceptions whose text is their type's own business become an Error with
/// the first one nested in it; those without any text are thrown as they are.
[[noreturn]] void rethrow_at(const std::string& where);

}  // namespace kindling
