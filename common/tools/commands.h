#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "tools/exercises.h"

/// The commands of `./learn` that are more than a line. Each returns the exit status, or throws
/// Failure.
namespace learn {

/// Where this checkout is, and what was built of it: <root>/build/<preset>/learn is this very
/// program.
struct Places {
  std::filesystem::path root;
  std::filesystem::path build;
};

/// Runs the hour, program after program, and stops at the first that fails. `mine`: on what the
/// learner has written, where it passes.
int tour(const Places& places, bool mine);

/// Where the learner is, what comes next, and the command for it.
int next(const Places& places);
/// Every exercise and how it stands.
int progress(const Places& places);
/// Judges the learner's answers: each word is an exercise, "3.2", or a chapter, "3" or
/// "03_modules".
int test_answers(const Places& places, const std::vector<std::string>& words);
/// Judges `number`, or the next exercise if empty, each time that its file is saved, and does what
/// the learner's keys ask for; until Ctrl-C.
int watch(const Places& places, const std::string& number);
/// The next hint of the exercise; `level` 1 to 3 that one, 0 the next.
int hint(const Places& places, const std::string& number, int level);
/// The learner's answer beside the reference. While it is the stub, it asks first, unless `show`.
int diff(const Places& places, const std::string& number, bool side_by_side, bool show);
/// Puts the stub back; the answer that was there is kept.
int reset(const Places& places, const std::string& number);

/// Says where the book is, marks in it what the learner has solved, and opens it where there is a
/// desktop; `open` false: the first two only.
int book(const Places& places, bool open);

/// Which of the exercises the learner's own framework is made of, and which are borrowed.
int show_mine(const Places& places);
/// What the programs of a learner's own framework are made of.
struct Mine {
  std::filesystem::path programs;   ///< the folder that they are in
  std::vector<Exercise> exercises;  ///< whose answers are the learner's
};
/// Builds `programs` ("06_saving/digits") on the learner's own answers, saying which.
Mine build_mine(const Places& places, const std::vector<std::string>& programs);
/// Those of the exercises whose answers a program can come to: the linker has dropped the others.
std::vector<Exercise> answers_in(const Places& places, const Mine& mine,
                                 const std::string& program);
/// "mul_backward, tanh_backward (2.1)": the functions that an exercise asks for.
std::string functions_of(const Exercise& exercise);

/// Prints how long each piece of work whose name contains `part_of_name` takes, here and in
/// libtorch; with `busy`, the means beside a process that keeps one processor busy.
int bench(const Places& places, const std::string& part_of_name, int rounds, bool busy);

/// Puts the four files of MNIST into `folder`, each checked against its SHA-256. Files already
/// there are kept.
void fetch_mnist(const std::filesystem::path& folder);

}  // namespace learn
