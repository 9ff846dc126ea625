#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <sstream>
#include <string_view>

#include "tools/commands.h"
#include "tools/exercises.h"
#include "tools/process.h"

/// Which of the learner's answers a program has been linked with.
namespace learn {

namespace fs = std::filesystem;

namespace {

/// The functions that an object file or a program defines, demangled, with their parameters.
/// `kinds`: T those that other files can call, t those that they cannot, W templates and the like.
std::set<std::string> functions_defined_in(const fs::path& file, std::string_view kinds) {
  std::istringstream lines(output_of({.arguments = {"nm", "-C", "--defined-only", file.string()}}));
  std::set<std::string> functions;
  for (std::string line; std::getline(lines, line);) {  // "0000000000012340 T kindling::f(int)"
    const std::size_t kind = line.find(' ');
    if (kind == line.npos || kind + 3 > line.size()) continue;
    if (kinds.find(line[kind + 1]) == kinds.npos) continue;
    if (const std::size_t abi = line.find("[abi:cxx11]"); abi != line.npos)
      line.erase(abi, std::string_view("[abi:cxx11]").size());
    functions.insert(line.substr(kind + 3));
  }
  return functions;
}

std::string name_of(const std::string& function) { return function.substr(0, function.find('(')); }

bool is_asked_for(const std::string& symbol, const Exercise& exercise) {
  return std::ranges::any_of(exercise.functions, [&](const std::string& function) {
    const std::string name = "::" + name_of(function);
    return symbol.find(name + "(") != symbol.npos || symbol.find(name + "<") != symbol.npos;
  });
}

}  // namespace

std::string functions_of(const Exercise& exercise) {
  std::string names;
  for (const std::string& function : exercise.functions)
    names += (names.empty() ? "" : ", ") + name_of(function);
  return fmt::format("{} ({})", names, exercise.number);
}

std::vector<Exercise> answers_in(const Places& places, const Mine& mine,
                                 const std::string& program) {
  std::vector<Exercise> found;
  if (!on_path("nm")) return found;
  const std::set<std::string> linked = functions_defined_in(mine.programs / program, "TtW");
  for (const Exercise& exercise : mine.exercises) {
    const fs::path object = places.build / "CMakeFiles/mine.dir/exercises" / (exercise.file + ".o");
    if (!fs::exists(object)) continue;
    std::set<std::string> own = functions_defined_in(object, "TtW");
    std::erase_if(own, [&](const auto& symbol) { return !is_asked_for(symbol, exercise); });
    // Where the compiler has put the function into its callers, these stand for it.
    if (own.empty()) own = functions_defined_in(object, "T");
    if (std::ranges::any_of(own, [&](const auto& symbol) { return linked.contains(symbol); }))
      found.push_back(exercise);
  }
  return found;
}

}  // namespace learn
