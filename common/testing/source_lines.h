#pragma once
#include <string>
#include <vector>

namespace kindling::testing {

/// Where in the source the code at these addresses of this program stands, by the program addr2line
/// of binutils and the debug information: "solutions/07_gpu/reduce.cu:31". For each address the
/// innermost inlined function comes first; what nobody knows is left out, or empty.
enum class Unknown { left_out, empty };
std::vector<std::string> source_lines(const std::vector<void*>& addresses,
                                      Unknown = Unknown::left_out);

/// Whether this is an address of the program itself, and not of a shared library.
bool is_in_program(const void* address);

/// What a program prints; empty if it cannot be run.
std::string printed_by(const std::string& command);

}  // namespace kindling::testing
