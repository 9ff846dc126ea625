#pragma once
#include "tools/book/sources.h"

namespace book {

/// Copies what every page loads into the book: its style and script, KaTeX and the fonts.
void copy_assets(const Sources& sources);

}  // namespace book
