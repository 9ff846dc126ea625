#include "tools/learner.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <sstream>

#include "tools/carve/carver.h"
#include "tools/commands.h"
#include "tools/exercises.h"
#include "tools/judge.h"
#include "tools/lookup.h"
#include "tools/next_exercise.h"
#include "tools/process.h"
#include "tools/terminal.h"

/// The commands about exercises.
namespace learn {

namespace fs = std::filesystem;

void print_all_solved() {
  fmt::print("\nEvery exercise is solved. What runs now is your own framework:\n\n{}\n",
             table({{"./learn tour --mine", "the whole hour on it"},
                    {"./learn run 06_saving/digits --mine", "and its best moment"}}));
}

void print_task(const Places& places, const Exercise& exercise) {
  fmt::print("{}\n\n{}", bold(fmt::format("{}  {}", exercise.number, exercise.title)),
             table({{"read", fmt::format("chapters/{}/README.md, \"{} {}\"", exercise.chapter,
                                         exercise.number, exercise.title)},
                    {"edit", place_to_edit(places.root, exercise)},
                    {"test", "./learn test " + exercise.number},
                    {"hint", "./learn hint " + exercise.number}}));
}

void print_bars(const std::vector<Exercise>& exercises, const std::vector<State>& states,
                const std::string& chapter) {
  const auto print_bar = [](const std::string& name, Tally tally) {
    fmt::print("  {:<15} {}  {} of {}\n", name, green(bar(tally.solved, tally.all, 20)),
               tally.solved, tally.all);
  };
  const Tally here = count(exercises, states, chapter);
  fmt::print("\n");
  print_bar(chapter, here);
  print_bar("all chapters", count(exercises, states));
  if (here.solved == here.all)
    fmt::print("\n{}\n", bold(fmt::format("All of {} is yours.", chapter)));
}

void print_solved(const std::vector<Exercise>& exercises, const std::vector<State>& states,
                  std::size_t current) {
  fmt::print("\n{}\n", bold(green(wrap(fmt::format("Solved: {} {}", exercises[current].number,
                                                   exercises[current].title),
                                       text_width() - 1))));
  print_bars(exercises, states, exercises[current].chapter);
}

static void print_line(const Exercise& exercise, State state) {
  const std::string how = state == State::passing ? "" : describe(state);
  const std::string line = fmt::format("  {} {:<4} ", mark(state), exercise.number);
  const std::size_t width = text_width() - 1, room = how.empty() ? 0 : width_of(how) + 2;
  if (how.empty() || width < room + 30) {
    fmt::print("{}{}\n", line, wrap(exercise.title, width, 9, 9));
    if (!how.empty()) fmt::print("         {}\n", dim(how));
  } else {
    const std::string title = shorten(exercise.title, width - 9 - room);
    const std::size_t column = std::min<std::size_t>(44, width - 9 - room);
    fmt::print("{}{}{}  {}\n", line, title,
               std::string(column - std::min(column, width_of(title)), ' '), dim(how));
  }
}

int next(const Places& places) {
  const auto exercises = find_exercises(places.root);
  const auto states = states_of(places, exercises);
  const Tally all = count(exercises, states);
  const std::size_t open = next_exercise(places, exercises, states);
  fmt::print("\n{} of {} exercises solved  {}\n", all.solved, all.all,
             bar(all.solved, all.all, text_width() < 60 ? 10 : 30));
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
      const Tally here = count(exercises, states, chapter);
      fmt::print("\n{}  {}  {} of {}\n", bold(fmt::format("{:<14}", chapter)),
                 bar(here.solved, here.all, here.all), here.solved, here.all);
    }
    print_line(exercises[i], states[i]);
  }
  const std::size_t open = next_exercise(places, exercises, states);
  const Tally all = count(exercises, states);
  if (open == exercises.size()) {
    fmt::print("\n{} of {} exercises solved.\n", all.solved, all.all);
    print_all_solved();
  } else {
    fmt::print("\n{}\n", wrap(fmt::format("{} of {} exercises solved; next: {} {}", all.solved,
                                          all.all, exercises[open].number, exercises[open].title),
                              text_width() - 1));
  }
  return 0;
}

namespace {

/// One line for each exercise of the chapter, and the verdict on the first that does not pass.
bool test_chapter(const Places& places, const std::vector<Exercise>& exercises,
                  const std::string& name) {
  std::vector<Exercise> chapter;
  for (const Exercise& exercise : exercises)
    if (exercise.chapter == name) chapter.push_back(exercise);
  const auto states = states_of(places, chapter);
  fmt::print("\n{}\ntesting YOUR exercises/{}, one at a time, and the reference for all else\n\n",
             rule(name), name);
  for (std::size_t i = 0; i < chapter.size(); ++i) print_line(chapter[i], states[i]);
  const auto open = std::ranges::find_if(states, [](State s) { return s != State::passing; });
  if (open == states.end()) {
    fmt::print("\n{} {}: all {} exercises pass\n", tick(), name, chapter.size());
    return true;
  }
  judge(places, chapter[static_cast<std::size_t>(open - states.begin())]);
  return false;
}

}  // namespace

int test_answers(const Places& places, const std::vector<std::string>& words) {
  const auto exercises = find_exercises(places.root);
  std::vector<std::string> passed, failed;
  std::size_t last = exercises.size();  // the exercise that was judged last
  for (const std::string& word : words) {
    bool passes = false;
    if (is_exercise(word)) {
      last = find_exercise(exercises, word, "test");
      passes = judge(places, exercises[last]) == State::passing;
    } else {
      const std::string chapter = find_chapter(exercises, word, "test");
      passes = test_chapter(places, exercises, chapter);
      for (std::size_t i = 0; i < exercises.size(); ++i)
        if (exercises[i].chapter == chapter) last = i;
    }
    (passes ? passed : failed).push_back(word);
  }
  if (words.size() > 1) {
    fmt::print("\n");
    if (!passed.empty()) fmt::print("{} passed: {}\n", tick(), fmt::join(passed, " "));
    if (!failed.empty()) fmt::print("{} failed: {}\n", cross(), fmt::join(failed, " "));
  }
  if (!failed.empty()) return 1;
  const auto states = states_of(places, exercises);
  mark_in_book(places, exercises, states);
  if (words.size() == 1 && is_exercise(words.front()))
    print_solved(exercises, states, last);
  else
    print_bars(exercises, states, exercises[last].chapter);
  if (const std::size_t next = next_after(exercises, states, last); next == exercises.size()) {
    print_all_solved();
  } else {
    fmt::print("\nNext: ");
    print_task(places, exercises[next]);
  }
  return 0;
}

namespace {

/// How wide the mark of a list's item is, such as "- " or "2. "; 0 if the line begins none.
std::size_t list_mark(const std::string& line) {
  if (line.starts_with("- ") || line.starts_with("* ")) return 2;
  const std::size_t digits = line.find_first_not_of("0123456789");
  return digits != 0 && digits != line.npos && line.compare(digits, 2, ". ") == 0 ? digits + 2 : 0;
}

/// A chapter's Markdown for a terminal: paragraphs and items wrapped, code as it is.
void print_markdown(const std::string& text) {
  const std::size_t width = text_width() - 1;
  std::string paragraph;
  std::size_t indent = 0;
  const auto print_paragraph = [&] {
    if (!paragraph.empty()) fmt::print("{}\n", wrap(paragraph, width, indent));
    paragraph.clear();
    indent = 0;
  };
  std::istringstream lines(text);
  bool code = false;
  for (std::string line; std::getline(lines, line);) {
    if (line.ends_with('\r')) line.pop_back();
    if (line.starts_with("```")) {
      print_paragraph();
      code = !code;
    } else if (code) {
      fmt::print("    {}\n", line);
    } else if (line.empty() || line.starts_with("|")) {
      print_paragraph();
      fmt::print("{}\n", line);
    } else {
      if (const std::size_t mark = list_mark(line); mark > 0) {
        print_paragraph();
        indent = mark;
      }
      paragraph += (paragraph.empty() ? "" : " ") + line;
    }
  }
  print_paragraph();
}

}  // namespace

int hint(const Places& places, const std::string& number, int level) {
  const auto exercises = find_exercises(places.root);
  std::size_t index = 0;
  if (number.empty()) {
    index = next_exercise(places, exercises, states_of(places, exercises));
    if (index == exercises.size()) {
      print_all_solved();
      return 0;
    }
  } else {
    index = find_exercise(exercises, number, "hint");
  }
  const Exercise& exercise = exercises[index];
  const fs::path memory = places.build / "hints" / exercise.number;
  if (level == 0) level = fs::exists(memory) ? std::min(3, std::stoi(read_file(memory)) + 1) : 1;
  const std::string& text = exercise.hints.at(static_cast<std::size_t>(level - 1));
  if (text.empty())
    throw Failure(fmt::format("exercise {} has no hint {}", exercise.number, level));
  constexpr const char* kinds[] = {"which idea", "which step", "nearly the line"};
  fmt::print("\n{}\n\n", rule(fmt::format("{}  {}", exercise.number, exercise.title),
                              fmt::format("hint {} of 3: {}", level, kinds[level - 1])));
  print_markdown(text);
  write_file(memory, std::to_string(level));
  if (level < 3)
    fmt::print("\n{}\n",
               dim(fmt::format("./learn hint {} again gives the next hint", exercise.number)));
  else
    fmt::print("\n{}\n", dim(fmt::format("The whole answer: ./learn diff {}", exercise.number)));
  return 0;
}

namespace {

/// Asks somebody who sits there; false if nobody does.
bool agrees(const std::string& question) {
  if (!is_terminal() || !isatty(STDIN_FILENO)) return false;
  fmt::print("{} [y/N] ", wrap(question, text_width() - 8));
  std::fflush(stdout);
  std::string answer;
  std::getline(std::cin, answer);
  return answer.starts_with('y') || answer.starts_with('Y');
}

/// Narrower, two columns of code would cut every second line.
constexpr std::size_t two_columns_need = 120;

int diff_in_two_columns(const fs::path& root, const std::string& yours,
                        const std::string& reference) {
  const std::size_t width = terminal_columns();
  fmt::print("{}{}\n\n", bold(red(fmt::format("{:<{}}", "yours: " + yours, width / 2 + 2))),
             bold(green("the reference: " + reference)));
  return run({.arguments = {"diff", "--strip-trailing-cr", "--side-by-side", "--expand-tabs",
                            "--width", std::to_string(width), yours, reference},
              .folder = root});
}

int diff_in_one_column(const fs::path& root, const std::string& yours,
                       const std::string& reference) {
  fmt::print("{}\n{}\n\n", bold(red("- yours          " + yours)),
             bold(green("+ the reference  " + reference)));
  std::vector<std::string> arguments = {"diff", "--strip-trailing-cr", "-u", yours, reference};
  if (on_path("git"))
    arguments = {"git",
                 "--no-pager",
                 "diff",
                 "--ignore-cr-at-eol",
                 "--no-index",
                 "--no-prefix",
                 colourful() ? "--color=always" : "--color=never",
                 yours,
                 reference};
  const Outcome outcome = capture({.arguments = arguments, .folder = root});
  // Both begin with the names of the files, which have just been said; the first @@ ends them.
  const std::size_t first = outcome.status <= 1 ? outcome.output.find("@@") : 0;
  const std::size_t line = first == outcome.output.npos ? 0 : outcome.output.rfind('\n', first) + 1;
  fmt::print("{}", outcome.output.substr(line));
  return outcome.status;
}

}  // namespace

int diff(const Places& places, const std::string& number, bool side_by_side, bool show) {
  const auto exercises = find_exercises(places.root);
  const Exercise& exercise = exercises[find_exercise(exercises, number, "diff")];
  const std::string yours =
      fs::proximate(answers_folder(places.root) / exercise.file, places.root).string();
  if (!fs::exists(places.root / yours))
    throw Failure(fmt::format("exercises/{} is missing: ./learn reset {} puts the stub back",
                              exercise.file, number));
  const std::string reference = "solutions/" + exercise.file;
  if (!show && is_stub(places, exercise) &&
      !agrees(fmt::format("exercises/{} is still the stub, so this would show the whole answer. "
                          "Show it?",
                          exercise.file)))
    throw Failure(
        fmt::format("the answer is not shown, as exercises/{0} is still the stub\n"
                    "  a hint instead       ./learn hint {1}\n"
                    "  the answer, anyway   ./learn diff {1} --show",
                    exercise.file, number));
  if (read_file(places.root / yours) == read_file(places.root / reference)) {
    fmt::print("exercises/{} is the reference, to the letter\n", exercise.file);
    return 0;
  }
  fmt::print("\n{}\n\n", rule(fmt::format("{}  {}", exercise.number, exercise.title)));
  const bool fits = terminal_columns() >= two_columns_need;
  if (side_by_side && !fits)
    fmt::print("{}\n\n",
               dim(wrap(fmt::format("in one column, as two need a terminal of {} columns, "
                                    "and this one has {}",
                                    two_columns_need, terminal_columns()),
                        text_width() - 1)));
  const int status = side_by_side && fits ? diff_in_two_columns(places.root, yours, reference)
                                          : diff_in_one_column(places.root, yours, reference);
  return status <= 1 ? 0 : status;
}

int reset(const Places& places, const std::string& number) {
  const auto exercises = find_exercises(places.root);
  const Exercise& exercise = exercises[find_exercise(exercises, number, "reset")];
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
    write_file(kept, read_bytes(file));
    fmt::print("what was there is kept: {}\n", fs::proximate(kept, places.root).string());
  }
  write_file(file, stub);
  fmt::print("exercises/{} is the stub again\n", exercise.file);
  return 0;
}

}  // namespace learn
