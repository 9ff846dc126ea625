#include "tools/judge.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <sstream>

#include "tools/build.h"
#include "tools/carve/carver.h"
#include "tools/process.h"
#include "tools/terminal.h"

namespace learn {

namespace fs = std::filesystem;

std::string describe(State state) {
  switch (state) {
    case State::not_begun:
      return "";
    case State::missing:
      return "the file is missing";
    case State::does_not_compile:
      return "does not compile";
    case State::failing:
      return "does not pass yet";
    case State::passing:
      return "passes";
  }
  return "";
}

std::string mark(State state) {
  if (state == State::passing) return tick();
  return state == State::not_begun ? dot() : cross();
}

namespace {

std::string target_of(const Exercise& exercise) {
  return (std::getenv("KINDLING_PRACTICE") ? "practice_" : "judge_") + exercise.number;
}

fs::path program_of(const Places& places, const Exercise& exercise) {
  return places.build / (std::getenv("KINDLING_PRACTICE") ? "practice_judges" : "judges") /
         exercise.number;
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != text.npos;
}

/// The learner's own first error, with the compiler's picture of the line: a page of templates
/// has never helped anybody.
std::string first_error(const Places& places, const Exercise& exercise, const std::string& output) {
  const std::string file = (answers_folder(places.root) / exercise.file).string();
  std::istringstream lines(output);
  std::string picked, asked_from;
  int errors = 0;
  bool within = false;
  for (std::string line; std::getline(lines, line);) {
    if (const std::size_t at = line.find(file); at != line.npos)
      line.replace(at, file.size(), "exercises/" + exercise.file);
    const bool ours = contains(line, "exercises/" + exercise.file + ":");
    if (line.starts_with("collect2: ") || contains(line, "undefined reference to") ||
        contains(line, "multiple definition of")) {
      within = false;  // the linker's: missing_functions() says it better
    } else if (contains(line, " error: ") || contains(line, " fatal error: ")) {
      within = ++errors == 1;
    } else if (contains(line, " warning: ") || line.starts_with("ninja:") ||
               line.starts_with("[")) {
      within = false;
    } else if (errors == 0 && ours && contains(line, "required from")) {
      asked_from = line;
    }
    if (within) picked += "  " + line + "\n";
  }
  if (!asked_from.empty()) picked += "  which is needed here:\n  " + asked_from + "\n";
  if (errors > 1)
    picked += fmt::format("  and {} more, which may only follow from it\n", errors - 1);
  return picked;
}

/// What a link error means here: a function that the exercise asks for is not there as asked.
std::string missing_functions(const Exercise& exercise) {
  std::string text = fmt::format(
      "  It compiles, but what the rest of Kindling calls is not in exercises/{}.\n"
      "  Expected, with these names and parameters:\n",
      exercise.file);
  for (const std::string& function : exercise.functions) text += "    " + function + "\n";
  return text + fmt::format("  ./learn diff {} shows how the file differs from the reference.\n",
                            exercise.number);
}

void say_why_it_was_not_built(const Places& places, const Exercise& exercise,
                              const std::string& output) {
  const fs::path log = places.build / "verdicts" / (exercise.number + ".log");
  write_file(log, output);
  std::string why = first_error(places, exercise, output);
  const auto says = [&](const char* words) { return output.find(words) != output.npos; };
  if (why.empty() && (says("multiple definition") || says("undefined reference") ||
                      says("duplicate symbol") || says("Undefined symbols")))
    why = missing_functions(exercise);
  if (why.empty()) why = output;  // not the learner's file: then everything may matter
  fmt::print("\n{}\n\n{}", rule(exercise.number + "  " + exercise.title), why);
  fmt::print("\n  edit   {}\n  hint   ./learn hint {}\n  log    {}\n",
             place_to_edit(places.root, exercise), exercise.number,
             fs::proximate(log, places.root).string());
  fmt::print("\n{} {}  exercises/{} does not compile\n", cross(), exercise.number, exercise.file);
}

/// A judge that has been run before says the same again.
fs::path memory_of(const Places& places, const Exercise& exercise) {
  return places.build / "verdicts" / target_of(exercise);
}

State run_judge(const Places& places, const Exercise& exercise, bool show) {
  const fs::path program = program_of(places, exercise);
  const Command command{.arguments = {program.string()}, .folder = places.root};
  const int status = show ? run(command) : capture(command).status;
  if (was_stopped(status)) throw Failure("stopped", status);
  if (show && status > 1)
    fmt::print(
        "\n  edit   {}\n  hint   ./learn hint {}\n  again  ./learn test {}\n\n{} {}  the test "
        "ended with {}\n",
        place_to_edit(places.root, exercise), exercise.number, exercise.number, cross(),
        exercise.number, describe_status(status));
  write_file(memory_of(places, exercise), kindling::carve::fingerprint(read_file(program)) +
                                              (status == 0 ? " passing" : " failing"));
  return status == 0 ? State::passing : State::failing;
}

/// In a build for a GPU, an answer that the simulator has found right is run there, too: to see
/// that the GPU agrees, and how fast it is. (tests/07_gpu/on_gpu)
State judge_on_gpu(const Places& places, const Exercise& exercise) {
  const std::string target = "gpu_" + target_of(exercise);
  if (!fs::exists(places.build / "judged" / (target + ".objects"))) return State::passing;
  fmt::print("\n{}\n", rule(exercise.number + "  on the GPU"));
  std::fflush(stdout);
  const Outcome built = build(places, {target});
  if (built.status != 0) {
    say_why_it_was_not_built(places, exercise, built.output);
    return State::does_not_compile;
  }
  const fs::path folder = std::getenv("KINDLING_PRACTICE") ? "gpu_practice_judges" : "gpu_judges";
  const int status = run(
      {.arguments = {(places.build / folder / exercise.number).string()}, .folder = places.root});
  if (was_stopped(status)) throw Failure("stopped", status);
  if (status == 0) {
    fmt::print("\n{} {}  passes on the simulator and on the GPU\n", tick(), exercise.number);
    return State::passing;
  }
  fmt::print(
      "\n  edit   {}\n  hint   ./learn hint {}\n  again  ./learn test {}\n\n{} {}  the simulator "
      "finds nothing wrong, but on the GPU it fails\n",
      place_to_edit(places.root, exercise), exercise.number, exercise.number, cross(),
      exercise.number);
  return State::failing;
}

}  // namespace

bool is_stub(const Places& places, const Exercise& exercise) {
  return read_file(answers_folder(places.root) / exercise.file) ==
         kindling::carve::carve(read_file(places.root / "solutions" / exercise.file)).text;
}

State judge(const Places& places, const Exercise& exercise) {
  if (!fs::exists(answers_folder(places.root) / exercise.file)) {
    fmt::print("\n{} {}  exercises/{} is missing: ./learn reset {} puts the stub back\n", cross(),
               exercise.number, exercise.file, exercise.number);
    return State::missing;
  }
  const Outcome built = build(places, {target_of(exercise)});
  if (built.status != 0) {
    say_why_it_was_not_built(places, exercise, built.output);
    return State::does_not_compile;
  }
  const State state = run_judge(places, exercise, true);
  if (state == State::passing) return judge_on_gpu(places, exercise);
  return state == State::failing && is_stub(places, exercise) ? State::not_begun : state;
}

std::vector<State> states_of(const Places& places, const std::vector<Exercise>& exercises) {
  std::vector<State> states(exercises.size(), State::not_begun);
  std::vector<std::string> targets;
  std::vector<std::size_t> begun;
  for (std::size_t i = 0; i < exercises.size(); ++i) {
    if (!fs::exists(answers_folder(places.root) / exercises[i].file)) {
      states[i] = State::missing;
    } else if (!is_stub(places, exercises[i])) {
      begun.push_back(i);
      targets.push_back(target_of(exercises[i]));
    }
  }
  if (begun.empty()) return states;
  const std::string what =
      begun.size() > 3 ? fmt::format("checking which of your {} answers pass …", begun.size()) : "";
  const bool all_built = build(places, targets, what).status == 0;
  for (const std::size_t i : begun) {
    if (!all_built && build(places, {target_of(exercises[i])}).status != 0) {
      states[i] = State::does_not_compile;
      continue;
    }
    const fs::path memory = memory_of(places, exercises[i]);
    const std::string now =
        kindling::carve::fingerprint(read_file(program_of(places, exercises[i])));
    const std::string before = fs::exists(memory) ? read_file(memory) : "";
    if (before.starts_with(now + " "))
      states[i] = before.ends_with(" passing") ? State::passing : State::failing;
    else
      states[i] = run_judge(places, exercises[i], false);
  }
  return states;
}

}  // namespace learn
