#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// C++ as text, as far as the tools understand it: what of it is code, and what is called what. The
/// carver, the book and the verdicts all read it by these functions.
namespace cpp {

enum class Kind {
  code,
  comment,
  directive,
  text
};  ///< directive: `#include <map>`; text: "a", 'a'

struct Piece {
  Kind kind;
  std::size_t begin, end;
};
/// `source` from its first character to its last. A directive's comments and strings are pieces of
/// their own, so is each string; a newline belongs to the code behind it.
std::vector<Piece> pieces_of(std::string_view source);

/// `source` with blanks in place of all that is no code, at the same places: every brace counts.
std::string code_of(std::string_view source);

/// A function, a type, or another declaration of a file or of one of its types.
struct Declaration {
  std::string head;  ///< up to its body, on one line: "Shape row_major_strides(const Shape& shape)"
  std::size_t comment;  ///< where the comment directly above it begins; `begin` if there is none
  std::size_t begin, end;
  std::size_t open;       ///< the brace that its body begins with; `end` if it has none
  std::string within;     ///< the type that it is a member of: "Module"
  std::string scope;      ///< the namespaces around it: "kindling::nn"
  bool internal = false;  ///< static, or in an unnamed namespace: known to its file only
};
std::vector<Declaration> declarations_in(std::string_view source);

/// "Tensor::backward" of "void Tensor::backward(bool retain_graph) const". Of templates, the names
/// only: "std::vector::size" of "std::size_t std::vector<T, A>::size() const".
struct Function {
  std::string name;
  std::string signature;  ///< "Tensor::backward(bool retain_graph) const"
};
/// \return nothing for what is no function, such as "int count = f()"
std::optional<Function> function_in(std::string_view head);
/// "Walk" of "template <class T> struct Walk : Base"; empty for what is no type.
std::string type_in(std::string_view head);
/// The name of a function, a type, an alias or a variable.
std::string name_in(std::string_view head);

/// What a declaration is called from outside: "kindling::nn::Linear::forward".
std::string full_name(const Declaration& declaration);

/// Blanks, and the ends of lines, as one blank each; none at the ends.
std::string on_one_line(std::string_view text);

bool is_space(char c);
bool is_word(char c);  ///< a letter, a digit or _

}  // namespace cpp
