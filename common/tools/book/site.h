#pragma once
#include "tools/book/sources.h"

namespace book {

/// Builds the whole book. \throws std::runtime_error with everything that is wrong with it
void build_book(const Sources& sources);

}  // namespace book
