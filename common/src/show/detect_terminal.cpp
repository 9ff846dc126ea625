#include <unistd.h>

#include <cstdlib>
#include <string_view>

#include "kindling/terminal.h"

namespace kindling::show {

static std::string_view environment(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

static bool is_utf8() {
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    const std::string_view locale = environment(name);
    if (!locale.empty())  // the first that is set decides
      return locale.find("UTF-8") != locale.npos || locale.find("utf8") != locale.npos;
  }
  return false;
}

Terminal Terminal::detect() {
  const bool attended = isatty(STDOUT_FILENO) && environment("CI") != "true";
  const bool interactive = attended && environment("TERM") != "dumb";
  return {attended, interactive, interactive && environment("NO_COLOR").empty(), is_utf8()};
}

}  // namespace kindling::show
