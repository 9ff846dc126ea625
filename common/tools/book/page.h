#pragma once
#include <string>

#include "tools/book/book.h"

namespace book {

/// A page, before it gets its frame.
struct Page {
  std::string url;    ///< from the top: "code/solutions/01_tensors/strides.cpp.html"
  std::string title;  ///< the browser's; empty on the landing page
  std::string kind;   ///< a class of <body>: "chapter", "api", …
  std::string body;
  std::string toc;
  /// The way from this page to the book's top: "../../../".
  std::string top() const;
};

/// The list of a page's sections, which folds where there is no room beside the text. `items`: <li>
/// with links; nothing comes of none.
std::string table_of_contents(const std::string& title, const std::string& items);

/// With the list of chapters at the left, and all that stands around a page's text.
std::string framed(const Book& book, const Page& page);

void write_page(const Book& book, const Page& page);

}  // namespace book
