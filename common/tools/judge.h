#pragma once
#include <string>
#include <vector>

#include "tools/commands.h"
#include "tools/exercises.h"

namespace learn {

/// How an answer stands. Found out by building and running it, never remembered from a claim.
enum class State {
  not_begun,         ///< the file is the stub, to the letter
  missing,           ///< there is no file
  does_not_compile,  ///< nor link
  failing,
  passing,
};

/// A word for it: "passes", "does not compile".
std::string describe(State state);
/// One character: ✓, ✗ or ·.
std::string mark(State state);

/// Builds and runs the judge of one exercise, which says what it finds; if it cannot be built, says
/// why.
State judge(const Places& places, const Exercise& exercise);

/// True while the answer is the stub, to the letter.
bool is_stub(const Places& places, const Exercise& exercise);

/// The state of each of the exercises. Stubs are known by their text, and programs that have been
/// run before by their content; the others are built and run.
std::vector<State> states_of(const Places& places, const std::vector<Exercise>& exercises);

/// Tells the book, if it has been built, which exercises are solved.
void mark_in_book(const Places& places, const std::vector<Exercise>& exercises,
                  const std::vector<State>& states);

}  // namespace learn
