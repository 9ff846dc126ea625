#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

#include "tools/build_answers.h"
#include "tools/commands.h"
#include "tools/exercises.h"
#include "tools/judge.h"
#include "tools/process.h"
#include "tools/terminal.h"

/// The learner's own framework: the answers that pass, and the reference for the rest.
namespace learn {

namespace fs = std::filesystem;

namespace {

struct Part {
  Exercise exercise;
  bool mine = false;
  State state = State::not_begun;
};

/// KINDLING_MINE ("01_tensors;03_modules") asks for whole chapters, ready or not; without it, what
/// passes is the learner's and the rest is borrowed.
std::vector<Part> find_parts(const Places& places) {
  const auto exercises = find_exercises(places.root);
  const auto states = states_of(places, exercises);
  const char* wanted = std::getenv("KINDLING_MINE");
  std::vector<Part> parts;
  for (std::size_t i = 0; i < exercises.size(); ++i) {
    const bool asked =
        wanted &&
        fmt::format(";{};", wanted).find(";" + exercises[i].chapter + ";") != std::string::npos;
    parts.push_back(
        {exercises[i], wanted && *wanted ? asked : states[i] == State::passing, states[i]});
  }
  if (wanted && *wanted) {
    for (std::string rest = std::string(wanted) + ";"; !rest.empty();
         rest.erase(0, rest.find(';') + 1)) {
      const std::string chapter = rest.substr(0, rest.find(';'));
      if (!chapter.empty() && !fs::is_directory(places.root / "solutions" / chapter))
        throw Failure(
            fmt::format("KINDLING_MINE: expected chapters such as 01_tensors;03_modules, got {}",
                        chapter),
            2);
    }
  }
  return parts;
}

void print_parts(const std::vector<Part>& parts) {
  std::size_t mine = 0;
  for (std::size_t i = 0; i < parts.size();) {
    const std::string& chapter = parts[i].exercise.chapter;
    std::string yours, borrowed;
    for (; i < parts.size() && parts[i].exercise.chapter == chapter; ++i) {
      (parts[i].mine ? yours : borrowed) += " " + parts[i].exercise.number;
      mine += parts[i].mine;
    }
    const std::size_t indent = 18, width = text_width() - 1;
    const auto print_row = [&](const std::string& left, const std::string& text, auto paint) {
      fmt::print("  {:<14}  {}\n", left, paint(wrap(text, width, indent, indent)));
    };
    if (!yours.empty()) print_row(chapter, "yours:" + yours, green);
    if (!borrowed.empty()) print_row(yours.empty() ? chapter : "", "borrowed:" + borrowed, dim);
  }
  fmt::print(
      "\n  {}\n",
      wrap(fmt::format("{} of {} exercises are yours{}", mine, parts.size(),
                       mine == parts.size() ? "" : ", the others are borrowed from solutions/"),
           text_width() - 1, 2, 2));
}

}  // namespace

int show_mine(const Places& places) {
  fmt::print("\n{}\n\n", bold("Your own framework"));
  print_parts(find_parts(places));
  fmt::print("\n{}", table({{"./learn tour --mine", "the hour on it"},
                            {"./learn run 06_saving/digits --mine", "any program on it"}}));
  return 0;
}

Mine build_mine(const Places& places, const std::vector<std::string>& programs) {
  const std::vector<Part> parts = find_parts(places);
  fmt::print("\n{}\n\n", rule("your own framework"));
  print_parts(parts);
  std::fflush(stdout);
  Mine mine{.programs = places.build / "mine", .exercises = {}};
  std::string list;
  for (const Part& part : parts)
    if (part.mine) {
      list += (list.empty() ? "" : ";") + part.exercise.file;
      mine.exercises.push_back(part.exercise);
    }
  const std::string option = "KINDLING_MINE:STRING=" + list;
  const OneAtATime lock(places);
  if (read_file(places.build / "CMakeCache.txt").find("\n" + option + "\n") == std::string::npos) {
    fmt::print("\n{}\n", dim("telling CMake which answers are yours …"));
    const Outcome outcome = capture(
        {.arguments = {"cmake", "-D" + option, places.build.string()}, .folder = places.root});
    if (was_stopped(outcome.status)) throw Failure("stopped", outcome.status);
    if (outcome.status != 0)
      throw Failure(fmt::format("{}\nyour framework could not be configured", outcome.output));
  }
  std::vector<std::string> targets;
  std::vector<Compiled> answers;
  for (std::string program : programs) {
    const fs::path built = places.build / "mine" / program;
    program.replace(program.find('/'), 1, "_");
    targets.push_back("mine_" + program);
    for (const fs::path& object : objects_in(places.build / "judged/mine.objects"))
      for (const Part& part : parts)
        if (part.mine && object.string().ends_with("exercises/" + part.exercise.file + ".o"))
          answers.push_back({.source = places.root / "exercises" / part.exercise.file,
                             .name = "exercises/" + part.exercise.file,
                             .object = object,
                             .program = built});
  }
  fmt::print("\n");
  std::fflush(stdout);
  const Outcome outcome = build_answers(
      places, targets, answers,
      fmt::format("building {} on your {} and the reference for the rest, optimised; what has not "
                  "changed since the last time is kept …",
                  programs.size() == 1 ? programs[0] : fmt::format("{} programs", programs.size()),
                  mine.exercises.size() == 1 ? "answer"
                                             : fmt::format("{} answers", mine.exercises.size())));
  if (outcome.status != 0)
    throw Failure(fmt::format(
        "{}\nyour framework could not be built; the compiler's reason is above", outcome.output));
  return mine;
}

}  // namespace learn
