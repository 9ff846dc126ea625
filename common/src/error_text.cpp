#include "error_text.h"

#include <exception>
#include <new>

#include "kindling/check.h"

namespace kindling {

// Text from outside -------------------------------------------------------------------------------

namespace {

/// A character of UTF-8: how many bytes it takes, and its number. No bytes: it is none.
struct Character {
  std::size_t bytes = 0;
  char32_t code = 0;
};

Character first_character(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(0);
  if (lead < 0x80) return {1, lead};
  const std::size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || text.size() < length) return {};
  char32_t code = lead & (0x7F >> length);
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return {};
    code = code << 6 | (byte(i) & 0x3F);
  }
  constexpr char32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
  if (code < smallest[length] || code > 0x10FFFF || (0xD800 <= code && code <= 0xDFFF)) return {};
  return {length, code};
}

/// What moves the cursor, ends the line or turns the direction of writing.
bool is_control(char32_t c) {
  return c < 0x20 || (0x7F <= c && c < 0xA0) || c == 0x200E || c == 0x200F ||
         (0x2028 <= c && c <= 0x202E) || (0x2066 <= c && c <= 0x2069);
}

void append_escaped(std::string& to, char c) {
  constexpr std::string_view digits = "0123456789abcdef";
  const auto byte = static_cast<unsigned char>(c);
  switch (c) {
    case '\0':
      to += "\\0";
      return;
    case '\n':
      to += "\\n";
      return;
    case '\r':
      to += "\\r";
      return;
    case '\t':
      to += "\\t";
      return;
    default:
      to.append("\\x").append(1, digits[byte >> 4]).append(1, digits[byte & 15]);
  }
}

}  // namespace

std::string printable(std::string_view text) {
  std::string shown;
  while (!text.empty()) {
    const auto [bytes, code] = first_character(text);
    const std::size_t taken = bytes == 0 ? 1 : bytes;
    if (bytes == 0 || is_control(code))
      for (const char c : text.substr(0, taken)) append_escaped(shown, c);
    else
      shown += text.substr(0, taken);
    text.remove_prefix(taken);
  }
  return shown;
}

std::string printable_path(const std::filesystem::path& path) {
  return printable(std::string_view(path.native()));
}

std::string in_quotes(std::string_view text, std::size_t at_most) {
  if (text.size() <= at_most) return '"' + printable(text) + '"';
  // Not in the middle of a character, whose further bytes are 10xxxxxx.
  while (at_most > 0 && (static_cast<unsigned char>(text[at_most]) & 0xC0) == 0x80) --at_most;
  return '"' + printable(text.substr(0, at_most)) + "…\"";
}

// Where it happened -------------------------------------------------------------------------------

namespace {

/// The standard's own one has no room for a text.
class OutOfMemory : public std::bad_alloc {
 public:
  explicit OutOfMemory(const std::string& text) : text_(text) {}
  const char* what() const noexcept override { return text_.what(); }

 private:
  std::runtime_error text_;  // whose copies cannot fail, as those of an exception must not
};

/// The text of `caught` stands in its base class, where it can be replaced; unless its own class
/// makes the text, as std::filesystem::filesystem_error does.
template <class Base>
[[noreturn]] void rethrow_with_text(Base& caught, const std::string& text) {
  caught.Base::operator=(Base(text));
  const bool is_shown = caught.what() == text;
  if (is_shown || dynamic_cast<const Error*>(&caught)) throw;  // this very object, of any type
  std::throw_with_nested(Error(text));
}

}  // namespace

void rethrow_at(const std::string& where) {
  try {
    throw;
  } catch (const NotImplemented&) {
    throw;  // it names its own place
  } catch (std::runtime_error& caught) {
    rethrow_with_text(caught, where + caught.what());
  } catch (std::logic_error& caught) {
    rethrow_with_text(caught, where + caught.what());
  } catch (const std::bad_alloc& caught) {
    throw OutOfMemory(where + caught.what());
  } catch (const std::exception& caught) {
    std::throw_with_nested(Error(where + caught.what()));
  }
}

}  // namespace kindling
