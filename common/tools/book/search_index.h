#pragma once
#include <string>

namespace book {

/// What the search looks through: an entry for each page's beginning, each section, and each name
/// of the API. It has nothing that is folded: no hints, no answers to questions.
class SearchIndex {
 public:
  enum class Kind { guide, chapter, api };
  /// `url` from the book's top, `page` and `heading` as they are shown, `text` without tags. A
  /// page's beginning has no heading.
  void add(Kind kind, const std::string& url, const std::string& page, const std::string& heading,
           const std::string& text);
  /// A page's text, section by section.
  void add_sections(Kind kind, const std::string& url, const std::string& page, std::string html);

  /// A script, since a page that was opened as file:// may read no files.
  std::string script() const { return "window.BOOK_INDEX = [\n" + entries_ + "];\n"; }

 private:
  std::string entries_;
};

}  // namespace book
