#pragma once
#include <array>
#include <filesystem>
#include <string>
#include <vector>

namespace learn {

/// An exercise is a file whose solution has functions with the tag \exercise{n.m}. What is known of
/// it is read from there and from its chapter's README.md; there is no other list.
struct Exercise {
  std::string number;                  ///< "3.2"
  std::string chapter;                 ///< "03_modules"
  std::string file;                    ///< "03_modules/linear.cpp", in exercises/ and in solutions/
  std::string title;                   ///< of its section in the chapter
  std::vector<std::string> functions;  ///< "Linear::forward(const Tensor& x)"
  std::array<std::string, 3> hints;    ///< Markdown; empty where the chapter gives none
};

/// All of them, in order. \throws std::runtime_error where two files claim one number
std::vector<Exercise> find_exercises(const std::filesystem::path& root);

/// The variable of the environment that names the file into which a judge writes the number of its
/// exercise when an answer has passed, after everything else. An exit status of 0 is no proof: an
/// answer can end the program, too, even before main().
constexpr const char* last_word = "KINDLING_LAST_WORD";

/// Where answers are written: <root>/exercises, unless KINDLING_PRACTICE names another folder, as
/// the tests of ./learn do.
std::filesystem::path answers_folder(const std::filesystem::path& root);

/// Where to edit: "exercises/03_modules/linear.cpp:29, :41", the lines of its functions, as the
/// learner's file stands now; of those in `functions`, such as "Linear::forward", if it has any.
std::string place_to_edit(const std::filesystem::path& root, const Exercise& exercise,
                          const std::vector<std::string>& functions = {});

/// A text. Where its lines end as Windows ends them, as in a clone made there, they are changed to
/// end in \n alone.
std::string read_file(const std::filesystem::path& file);
/// The same to the letter, or of a file that is no text.
std::string read_bytes(const std::filesystem::path& file);
/// Writes beside the file and renames, so that nobody ever sees half of it.
void write_file(const std::filesystem::path& file, const std::string& text);

}  // namespace learn
