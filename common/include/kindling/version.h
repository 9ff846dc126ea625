#pragma once
#include <string_view>

/// Threads: a constant; any thread may read it.
namespace kindling {

/// "0.1.0"
std::string_view version();

}  // namespace kindling
