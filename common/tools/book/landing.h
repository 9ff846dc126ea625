#pragma once
#include "tools/book/book.h"

namespace book {

/// The first page: book/landing.html, with the layers, the table of chapters and some code.
void write_landing(Book& book);

}  // namespace book
