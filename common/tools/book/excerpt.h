#pragma once
#include <string>
#include <string_view>
#include <vector>

/// Pieces of C++ files by their names: what the book's blocks of code are carved by.
namespace book {

/// A function, a type, or another declaration of a file or of one of its types.
struct Declaration {
  std::string head;  ///< up to its body, on one line: "Shape row_major_strides(const Shape& shape)"
  std::size_t comment;  ///< where the comment directly above it begins; `begin` if there is none
  std::size_t begin, end;
  std::string within;  ///< the type that it is a member of: "Module"
};
std::vector<Declaration> declarations_in(std::string_view source);

/// "Tensor::backward" of "void Tensor::backward(bool retain_graph) const"; empty for what is no
/// function.
std::string function_name(std::string_view head);

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
