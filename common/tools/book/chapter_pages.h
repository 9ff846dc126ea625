#pragma once
#include "tools/book/book.h"

namespace book {

/// Turns every chapter's README.md into HTML, and checks that what it quotes is so.
void render_chapters(Book& book);

/// book/getting_started.md: what to install, the first steps, and where to find help.
void write_getting_started(Book& book);

/// Their pages, with cards for the exercises, and their entries in the search.
void write_chapters(Book& book);

}  // namespace book
