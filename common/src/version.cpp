#include "kindling/version.h"

namespace kindling {

std::string_view version() { return KINDLING_VERSION; }

}  // namespace kindling
