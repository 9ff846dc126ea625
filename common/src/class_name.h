#pragma once
#include <string>
#include <typeinfo>

namespace kindling {

/// "Linear" for a kindling::nn::Linear: a class's own name, without where it was declared.
std::string class_name(const std::type_info& type);

/// Whether `entry` of a saved state is the mark that says whose state it is: "class.SGD".
bool is_class_mark(const std::string& entry);

/// \throws Error if it is such a mark, but of another class than `owner`
void check_class_mark(const std::string& owner, const std::string& entry);

}  // namespace kindling
