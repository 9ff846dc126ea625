#pragma once
#include <string>
#include <string_view>
#include <vector>

/// Pieces of C++ files by their names: what the book's blocks of code are carved by.
namespace book {

/// The piece of `source` that `what` names, without its margin:
///   (nothing)               the whole file
///   row_major_strides       a function, a type or a TEST_CASE("…"), without the comment above it
///   matmul(const Tensor&    the one of several whose text goes on like this
///   row_major_strides, with its comment
///   from "int i" to "}"     from the first line that has the one to the next that has the other
///   from "int i"            that line alone
/// \throws std::runtime_error if nothing, or more than one thing, is called that
std::string excerpt(std::string_view source, std::string_view what);

/// `text` without the blanks that begin all of its lines, nor empty lines at its ends.
std::string without_margin(std::string_view text);

std::vector<std::string> lines_of(std::string_view text);
std::string trimmed(std::string_view text);

}  // namespace book
