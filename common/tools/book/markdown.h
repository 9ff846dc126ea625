#pragma once
#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

/// GitHub's Markdown as the book's HTML: tables, admonitions, footnotes, $maths$, exercises as
/// cards, hints that fold.
namespace book {

struct Heading {
  int level;
  std::string id;
  std::string html;  ///< without the tag
};

/// What the text cannot know of its surroundings.
struct Surroundings {
  /// A link's address, from that which the text gives. \throws std::runtime_error for a dead one
  std::function<std::string(const std::string& address)> link;
  /// An address for the text of a code span, such as a file's or a function's; empty if there is
  /// none. `beside`: the last path that the same paragraph, cell or list item has named before it,
  /// as in "`common/src/cuda/map.cu`, `zip.cu`".
  std::function<std::string(const std::string& code, const std::string& beside)> code_link;
  std::function<std::string(const std::string& code, const std::string& language)> highlight;
  /// A picture: its SVG, from its path.
  std::function<std::string(const std::string& path)> picture;
};

struct Rendered {
  std::string title;  ///< of the first heading, which is left out of the text
  std::string html;
  std::vector<Heading> headings;
};

/// \throws std::runtime_error with the line, where something is wrong
Rendered render_markdown(const std::string& text, const Surroundings& surroundings);

}  // namespace book
