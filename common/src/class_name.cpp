#include "class_name.h"

#include <cxxabi.h>

#include <cstdlib>
#include <memory>
#include <string_view>

#include "error_text.h"
#include "kindling/check.h"

namespace kindling {

/// "main::Net" or "(anonymous namespace)::Net<a::B>" → "Net".
static std::string last_component(const std::string& qualified) {
  std::string component;
  int depth = 0;  // inside of <> or ()
  for (std::size_t i = 0; i < qualified.size(); ++i) {
    const char c = qualified[i];
    if (c == '<' || c == '(') ++depth;
    if (depth == 0 && c == ':')
      component.clear();
    else if (depth == 0)
      component += c;
    if (c == '>' || c == ')') --depth;
  }
  return component;
}

std::string class_name(const std::type_info& type) {
  int status = 0;
  const std::unique_ptr<char, decltype(&std::free)> demangled(
      abi::__cxa_demangle(type.name(), nullptr, nullptr, &status), &std::free);
  return last_component(status == 0 ? demangled.get() : type.name());
}

static constexpr std::string_view mark_prefix = "class.";

bool is_class_mark(const std::string& entry) { return entry.starts_with(mark_prefix); }

void check_class_mark(const std::string& owner, const std::string& entry) {
  if (!is_class_mark(entry)) return;
  const std::string found = entry.substr(mark_prefix.size());
  check(found == owner, owner, ": expected the state of ", owner, ", got that of ",
        printable(found));
}

}  // namespace kindling
