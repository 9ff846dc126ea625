#pragma once
#include "tools/book/book.h"

namespace book {

/// Lets Doxygen write api/ in the book's frame, and reads the names that it found.
void run_doxygen(Book& book);

/// Adds to Doxygen's pages where each symbol is built, and their entries to the search.
void finish_api_pages(Book& book);

/// The public headers, with what each declares.
void write_api_index(const Book& book);

}  // namespace book
