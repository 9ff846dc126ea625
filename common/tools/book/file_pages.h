#pragma once
#include "tools/book/book.h"

namespace book {

/// A page for every file of code, with numbered lines.
void write_files(const Book& book);

}  // namespace book
