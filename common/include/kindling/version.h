#pragma once
#include <string_view>

namespace kindling {

/// "0.1.0"
std::string_view version();

}  // namespace kindling
