#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace kindling::carve {

/// One function that learners write.
struct Exercise {
  std::string number;    ///< "2.3"
  std::string function;  ///< the text from its name to the end of its parameters
  int line = 0;          ///< of its opening brace, counted from 1, in the carved text
};

struct Carved {
  std::string text;
  std::vector<Exercise> exercises;
};

/// Makes an exercise of a solution. A function whose doc comment has the tag \exercise{n.m} keeps
/// its comment and its signature; its body becomes `throw NotImplemented("n.m");`, in a kernel
/// `not_implemented("n.m");`. A function or
/// struct whose doc comment has the tag \solution is a helper of such a body: it disappears, with
/// its comment. \throws std::runtime_error if a tag is followed by no body, or a number is
/// malformed.
Carved carve(std::string_view solution);

/// The solution with the functions that `answer` defines in place of its own of the same signature:
/// how tests try plausible wrong answers. \throws std::runtime_error if it defines none of those
/// that are tagged
std::string with_other_answer(std::string_view solution, std::string_view answer);

/// A hash of a text, to tell whether it has changed: FNV-1a with 64 bits, in hexadecimal.
std::string fingerprint(std::string_view text);

}  // namespace kindling::carve
