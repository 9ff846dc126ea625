#pragma once
#include <string>

namespace book {

/// What the search looks through: an entry for each section of a chapter and each name of the API.
class SearchIndex {
 public:
  /// `url` from the book's top, `page` and `heading` as they are shown, `text` without tags.
  void add(const std::string& url, const std::string& page, const std::string& heading,
           const std::string& text);
  /// A chapter's text, section by section.
  void add_sections(const std::string& url, const std::string& page, std::string html);

  /// A script, since a page that was opened as file:// may read no files.
  std::string script() const { return "window.BOOK_INDEX = [\n" + entries_ + "];\n"; }

 private:
  std::string entries_;
};

}  // namespace book
