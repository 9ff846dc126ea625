#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "tools/exercises.h"
#include "tools/judge.h"

/// From the words of a command line to what they name. `command` is the one whose words they are,
/// for errors, which say what there is instead.
namespace learn {

/// The index of the exercise of that number.
std::size_t find_exercise(const std::vector<Exercise>& exercises, const std::string& number,
                          const std::string& command);

/// The folder of a chapter that has exercises: `3`, `03` and `03_modules` are "03_modules".
std::string find_chapter(const std::vector<Exercise>& exercises, const std::string& word,
                         const std::string& command);

/// "3.2" rather than "3", which is a chapter.
bool is_exercise(const std::string& word);

/// "4.1 to 4.5": those of the chapter, such as "04_training".
std::string range_of(const std::vector<Exercise>& exercises, const std::string& chapter);

struct Program {
  std::string name;  ///< "01_tensors/hour": chapters/01_tensors/hour.cpp or .cu
  std::string text;  ///< the first sentence of the comment that it begins with
};

/// The chapters' programs, in order.
std::vector<Program> find_programs(const Places& places);

/// The program that a word names, which may also be its file. A chapter's number, or a name that
/// there is not, is an error that lists what comes near.
Program find_program(const Places& places, const std::string& word);

/// Each program with what it does, a line each; `chapter`, such as "03_modules": those of that one.
std::string list_programs(const Places& places, const std::string& chapter = "");

}  // namespace learn
