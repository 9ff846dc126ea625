#pragma once
#include <string>
#include <string_view>

#include "tools/book/symbols.h"

namespace book {

/// `code` as HTML in which its parts can be coloured. C++ names of the public interface become
/// links, whose addresses begin with `top`. Languages that are not known stay as they are.
std::string highlighted(std::string_view code, std::string_view language, const Symbols& symbols,
                        const std::string& top);

}  // namespace book
