#include "tools/judge.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <sstream>

#include "tools/build.h"
#include "tools/build_answers.h"
#include "tools/carve/carver.h"
#include "tools/compile_errors.h"
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

std::vector<Compiled> answers_of(const Places& places, const Exercise& exercise,
                                 const std::string& target, const fs::path& program) {
  std::vector<Compiled> answers;
  for (const fs::path& object : objects_in(places.build / "judged" / (target + ".objects")))
    answers.push_back({.source = answers_folder(places.root) / exercise.file,
                       .name = "exercises/" + exercise.file,
                       .object = object,
                       .program = program});
  return answers;
}

/// Builds the judges of these exercises, of what their answers are now.
Outcome build_judges(const Places& places, const std::vector<Exercise>& exercises,
                     const std::string& what = "") {
  std::vector<std::string> targets;
  std::vector<Compiled> answers;
  for (const Exercise& exercise : exercises) {
    targets.push_back(target_of(exercise));
    const std::vector<Compiled> own =
        answers_of(places, exercise, target_of(exercise), program_of(places, exercise));
    answers.insert(answers.end(), own.begin(), own.end());
  }
  return build_answers(places, targets, answers, what);
}

/// What the compiler has said of an answer that it could make something of.
void show_warnings(const Places& places, const Exercise& exercise) {
  std::string text;
  for (const Compiled& answer :
       answers_of(places, exercise, target_of(exercise), program_of(places, exercise)))
    text += warnings(answer);
  if (!text.empty()) fmt::print("\nthe compiler warns:\n{}", text);
  std::fflush(stdout);
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
  std::string why = first_error(output, places.root, answers_folder(places.root) / exercise.file,
                                "exercises/" + exercise.file);
  const auto says = [&](const char* words) { return output.find(words) != output.npos; };
  if (why.empty() && (says("multiple definition") || says("undefined reference") ||
                      says("duplicate symbol") || says("Undefined symbols")))
    why = missing_functions(exercise);
  if (why.empty())  // not the learner's file: then everything may matter
    why = without_root(output, places.root);
  fmt::print("\n{}\n\n{}", rule(exercise.number + "  " + exercise.title), why);
  fmt::print("\n  edit   {}\n  hint   ./learn hint {}\n  log    {}\n",
             fitted(place_to_edit(places.root, exercise), 9), exercise.number,
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
  const fs::path word = memory_of(places, exercise).string() + ".last_word";
  fs::create_directories(word.parent_path());
  fs::remove(word);
  setenv(last_word, word.c_str(), 1);
  const int status = show ? run(command) : capture(command).status;
  unsetenv(last_word);
  if (was_stopped(status)) throw Failure("stopped", status);
  const bool passes = status == 0 && fs::exists(word) && read_file(word) == exercise.number;
  if (show && (status > 1 || (status == 0 && !passes)))
    fmt::print(
        "\n  edit   {}\n  hint   ./learn hint {}\n  again  ./learn test {}\n\n{} {}  the test "
        "ended with {}\n",
        fitted(place_to_edit(places.root, exercise), 9), exercise.number, exercise.number, cross(),
        exercise.number,
        status == 0 ? "exit status 0, but before its last word" : describe_status(status));
  write_file(memory_of(places, exercise),
             kindling::carve::fingerprint(read_file(program)) + (passes ? " passing" : " failing"));
  return passes ? State::passing : State::failing;
}

/// In a build for a GPU, an answer that the simulator has found right is run there, too: to see
/// that the GPU agrees, and how fast it is. (tests/07_gpu/on_gpu)
State judge_on_gpu(const Places& places, const Exercise& exercise) {
  const std::string target = "gpu_" + target_of(exercise);
  const fs::path list = places.build / "judged" / (target + ".objects");
  if (!fs::exists(list)) return State::passing;
  fmt::print("\n{}\n", rule(exercise.number + "  on the GPU"));
  std::fflush(stdout);
  const fs::path folder = std::getenv("KINDLING_PRACTICE") ? "gpu_practice_judges" : "gpu_judges";
  const fs::path program = places.build / folder / exercise.number;
  const Outcome built =
      build_answers(places, {target}, answers_of(places, exercise, target, program));
  if (built.status != 0) {
    say_why_it_was_not_built(places, exercise, built.output);
    return State::does_not_compile;
  }
  const int status = run({.arguments = {program.string()}, .folder = places.root});
  if (was_stopped(status)) throw Failure("stopped", status);
  if (status == 0) {
    fmt::print("\n{} {}  passes on the simulator and on the GPU\n", tick(), exercise.number);
    return State::passing;
  }
  fmt::print(
      "\n  edit   {}\n  hint   ./learn hint {}\n  again  ./learn test {}\n\n{} {}  the simulator "
      "finds nothing wrong, but on the GPU it fails\n",
      fitted(place_to_edit(places.root, exercise), 9), exercise.number, exercise.number, cross(),
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
    fmt::print("\n{} {}  {}\n", cross(), exercise.number,
               fitted(fmt::format("exercises/{} is missing: ./learn reset {} puts the stub back",
                                  exercise.file, exercise.number),
                      7));
    return State::missing;
  }
  const OneAtATime lock(places);
  std::string what;
  if (!fs::exists(program_of(places, exercise)))  // the first time, all that it rests on, too
    what = announce(places, {target_of(exercise)}, "the judge of " + exercise.number);
  const Outcome built = build_judges(places, {exercise}, what);
  if (built.status != 0) {
    say_why_it_was_not_built(places, exercise, built.output);
    return State::does_not_compile;
  }
  show_warnings(places, exercise);
  const State state = run_judge(places, exercise, true);
  if (state == State::passing) return judge_on_gpu(places, exercise);
  return state == State::failing && is_stub(places, exercise) ? State::not_begun : state;
}

std::vector<State> states_of(const Places& places, const std::vector<Exercise>& exercises) {
  std::vector<State> states(exercises.size(), State::not_begun);
  std::vector<Exercise> to_build;
  std::vector<std::size_t> begun;
  for (std::size_t i = 0; i < exercises.size(); ++i) {
    if (!fs::exists(answers_folder(places.root) / exercises[i].file)) {
      states[i] = State::missing;
    } else if (!is_stub(places, exercises[i])) {
      begun.push_back(i);
      to_build.push_back(exercises[i]);
    }
  }
  if (begun.empty()) return states;
  const std::string what =
      begun.size() > 3 ? fmt::format("checking which of your {} answers pass …", begun.size()) : "";
  const OneAtATime lock(places);
  const bool all_built = build_judges(places, to_build, what).status == 0;
  for (const std::size_t i : begun) {
    if (!all_built && build_judges(places, {exercises[i]}).status != 0) {
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
