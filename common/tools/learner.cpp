#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <map>
#include <set>
#include <sstream>
#include <thread>

#include "tools/carve/carver.h"
#include "tools/commands.h"
#include "tools/exercises.h"
#include "tools/judge.h"
#include "tools/process.h"
#include "tools/terminal.h"

/// The commands about exercises.
namespace learn {

namespace fs = std::filesystem;

namespace {

const Exercise& find(const std::vector<Exercise>& exercises, const std::string& number) {
  const auto at = std::ranges::find(exercises, number, &Exercise::number);
  if (at == exercises.end())
    throw Failure(
        fmt::format("expected an exercise from {} to {}, got {}. All of them: ./learn progress",
                    exercises.front().number, exercises.back().number, number),
        2);
  return *at;
}

/// The first that does not pass yet; the end if there is none.
std::size_t first_open(const std::vector<State>& states) {
  return static_cast<std::size_t>(
      std::ranges::find_if(states, [](State s) { return s != State::passing; }) - states.begin());
}

std::size_t solved(const std::vector<State>& states) {
  return static_cast<std::size_t>(std::ranges::count(states, State::passing));
}

void print_all_solved() {
  fmt::print(
      "\nEvery exercise is solved. What runs now is your own framework:\n\n"
      "  ./learn tour --mine                      the whole hour on it\n"
      "  ./learn run 06_saving/digits --mine      and its best moment\n\n");
}

void print_task(const Places& places, const Exercise& exercise) {
  fmt::print("{}\n\n", bold(fmt::format("{}  {}", exercise.number, exercise.title)));
  fmt::print("  read   chapters/{}/README.md, \"{} {}\"\n", exercise.chapter, exercise.number,
             exercise.title);
  fmt::print("  edit   {}\n", place_to_edit(places.root, exercise));
  fmt::print("  test   ./learn test {}\n", exercise.number);
  fmt::print("  hint   ./learn hint {}\n", exercise.number);
}

}  // namespace

static void print_line(const Exercise& exercise, State state) {
  if (state == State::passing || state == State::not_begun)
    fmt::print("  {} {:<4} {}\n", mark(state), exercise.number, exercise.title);
  else
    fmt::print("  {} {:<4} {:<44}{}\n", mark(state), exercise.number, exercise.title,
               dim(describe(state)));
}

int next(const Places& places) {
  const auto exercises = find_exercises(places.root);
  const auto states = states_of(places, exercises);
  const std::size_t done = solved(states), open = first_open(states);
  fmt::print("\n{} of {} exercises solved  {}\n", done, exercises.size(),
             bar(done, exercises.size(), 30));
  if (open == exercises.size()) {
    print_all_solved();
    return 0;
  }
  fmt::print("\nNext: ");
  print_task(places, exercises[open]);
  fmt::print("\n{} judges it whenever you save.\n", bold("./learn watch"));
  return 0;
}

int progress(const Places& places) {
  const auto exercises = find_exercises(places.root);
  const auto states = states_of(places, exercises);
  mark_in_book(places, exercises, states);
  std::string chapter;
  for (std::size_t i = 0; i < exercises.size(); ++i) {
    if (exercises[i].chapter != chapter) {
      chapter = exercises[i].chapter;
      std::size_t all = 0, done = 0;
      for (std::size_t j = i; j < exercises.size() && exercises[j].chapter == chapter; ++j, ++all)
        if (states[j] == State::passing) ++done;
      fmt::print("\n{}  {}  {} of {}\n", bold(fmt::format("{:<14}", chapter)), bar(done, all, all),
                 done, all);
    }
    print_line(exercises[i], states[i]);
  }
  const std::size_t open = first_open(states);
  fmt::print("\n{} of {} exercises solved", solved(states), exercises.size());
  if (open == exercises.size()) {
    fmt::print(".\n");
    print_all_solved();
  } else {
    fmt::print("; next: {} {}\n", exercises[open].number, exercises[open].title);
  }
  return 0;
}

int test_answers(const Places& places, const std::string& which) {
  const auto exercises = find_exercises(places.root);
  if (which.find('.') != which.npos) {
    const Exercise& exercise = find(exercises, which);
    const State state = judge(places, exercise);
    if (state != State::passing) return 1;
    const auto states = states_of(places, exercises);
    const std::size_t open = first_open(states);
    if (open == exercises.size()) {
      print_all_solved();
    } else {
      fmt::print("\nNext: ");
      print_task(places, exercises[open]);
    }
    return 0;
  }
  std::vector<Exercise> chapter;
  for (const Exercise& exercise : exercises)
    if (std::atoi(exercise.chapter.c_str()) == std::atoi(which.c_str()))
      chapter.push_back(exercise);
  if (chapter.empty())
    throw Failure(fmt::format("expected a chapter with exercises, {} to {}, got {}",
                              std::atoi(exercises.front().chapter.c_str()),
                              std::atoi(exercises.back().chapter.c_str()), which),
                  2);
  const auto states = states_of(places, chapter);
  fmt::print("\n{}\ntesting YOUR exercises/{}, one at a time, and the reference for all else\n\n",
             rule(chapter.front().chapter), chapter.front().chapter);
  for (std::size_t i = 0; i < chapter.size(); ++i) print_line(chapter[i], states[i]);
  const std::size_t open = first_open(states);
  if (open == chapter.size()) {
    fmt::print("\n{} chapter {}: all {} exercises pass\n", tick(), which, chapter.size());
    return 0;
  }
  judge(places, chapter[open]);
  return 1;
}

int watch(const Places& places, const std::string& number) {
  const auto exercises = find_exercises(places.root);
  if (!number.empty()) find(exercises, number);
  while (true) {
    std::size_t current = exercises.size();
    if (number.empty()) {
      current = first_open(states_of(places, exercises));
    } else {
      current = static_cast<std::size_t>(&find(exercises, number) - exercises.data());
    }
    if (current == exercises.size()) {
      print_all_solved();
      return 0;
    }
    const Exercise& exercise = exercises[current];
    const fs::path file = answers_folder(places.root) / exercise.file;
    const auto stamp = [&] {
      std::error_code error;
      const auto time = fs::last_write_time(file, error);
      return error ? fs::file_time_type::min() : time;
    };
    const auto judged = stamp();
    if (is_terminal()) fmt::print("\x1b[2J\x1b[3J\x1b[H");
    const State state = judge(places, exercise);
    if (state == State::passing && number.empty()) continue;  // on to the next one
    fmt::print("\n{}\n", dim(fmt::format("watching exercises/{}; Ctrl-C ends", exercise.file)));
    std::fflush(stdout);
    while (stamp() == judged) std::this_thread::sleep_for(std::chrono::milliseconds(100));
    std::this_thread::sleep_for(std::chrono::milliseconds(50));  // let the editor finish writing
  }
}

int hint(const Places& places, const std::string& number, int level) {
  const auto exercises = find_exercises(places.root);
  const Exercise& exercise =
      number.empty()
          ? exercises[std::min(first_open(states_of(places, exercises)), exercises.size() - 1)]
          : find(exercises, number);
  const fs::path memory = places.build / "hints" / exercise.number;
  if (level == 0) level = fs::exists(memory) ? std::min(3, std::stoi(read_file(memory)) + 1) : 1;
  const std::string& text = exercise.hints.at(static_cast<std::size_t>(level - 1));
  if (text.empty())
    throw Failure(fmt::format("exercise {} has no hint {}", exercise.number, level));
  constexpr const char* kinds[] = {"which idea", "which step", "nearly the line"};
  fmt::print("\n{}\n\n", rule(fmt::format("{}  {}", exercise.number, exercise.title),
                              fmt::format("hint {} of 3: {}", level, kinds[level - 1])));
  std::istringstream lines(text);
  bool code = false;
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("```")) {
      code = !code;
      continue;
    }
    fmt::print("{}{}\n", code ? "    " : "", line);
  }
  write_file(memory, std::to_string(level));
  if (level < 3)
    fmt::print("\n{}\n",
               dim(fmt::format("./learn hint {} again gives the next hint", exercise.number)));
  else
    fmt::print("\n{}\n", dim(fmt::format("The whole answer: ./learn diff {}", exercise.number)));
  return 0;
}

int diff(const Places& places, const std::string& number, bool side_by_side) {
  const auto exercises = find_exercises(places.root);
  const Exercise& exercise = find(exercises, number);
  const std::string yours =
      fs::proximate(answers_folder(places.root) / exercise.file, places.root).string();
  if (!fs::exists(places.root / yours))
    throw Failure(fmt::format("exercises/{} is missing: ./learn reset {} puts the stub back",
                              exercise.file, number));
  const std::string reference = "solutions/" + exercise.file;
  std::vector<std::string> arguments;
  if (side_by_side) {
    const char* columns = std::getenv("COLUMNS");
    arguments = {"diff", "--side-by-side", "--width", columns && *columns ? columns : "160",
                 yours,  reference};
  } else if (on_path("git")) {
    arguments = {"git",        "--no-pager",  "diff",
                 "--no-index", "--no-prefix", colourful() ? "--color=always" : "--color=never",
                 yours,        reference};
  } else {
    arguments = {"diff", "-u", yours, reference};
  }
  const int status = run({.arguments = arguments, .folder = places.root});
  if (status == 0) fmt::print("exercises/{0} is the reference, to the letter\n", exercise.file);
  return status <= 1 ? 0 : status;
}

int reset(const Places& places, const std::string& number) {
  const auto exercises = find_exercises(places.root);
  const Exercise& exercise = find(exercises, number);
  const fs::path file = answers_folder(places.root) / exercise.file;
  const std::string stub =
      kindling::carve::carve(read_file(places.root / "solutions" / exercise.file)).text;
  if (fs::exists(file)) {
    const std::string answer = read_file(file);
    if (answer == stub) {
      fmt::print("exercises/{} is the stub already\n", exercise.file);
      return 0;
    }
    // Numbered, so that no copy ever replaces another.
    fs::path kept;
    for (int i = 1; kept.empty() || fs::exists(kept); ++i)
      kept = answers_folder(places.root) / ".kept" / fmt::format("{}.{}", exercise.file, i);
    write_file(kept, answer);
    fmt::print("what was there is kept: {}\n", fs::proximate(kept, places.root).string());
  }
  write_file(file, stub);
  fmt::print("exercises/{} is the stub again\n", exercise.file);
  return 0;
}

}  // namespace learn
