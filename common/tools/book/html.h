#pragma once
#include <string>
#include <string_view>

namespace book {

/// `text` with &, <, > and " as HTML wants them.
std::string escaped(std::string_view text);
/// The other way, and without tags: what a reader sees.
std::string plain_text(std::string_view html);
/// As a string of JavaScript, with its quotes.
std::string js_string(std::string_view text);
/// The id that GitHub gives a heading: "What PyTorch really does" → "what-pytorch-really-does".
std::string slug(std::string_view heading);
void replace_all(std::string& text, std::string_view from, std::string_view to);

}  // namespace book
