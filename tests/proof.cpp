/// That verdicts can be trusted, in both directions: a stub fails and says where to write, every
/// plausible wrong answer fails and says what is wrong with it. (That solutions pass is what the
/// chapters' own test programs show: they contain the same test cases.)
#include <doctest/doctest.h>
#include <sys/wait.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <filesystem>
#include <map>
#include <sstream>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "tools/carve/carver.h"
#include "tools/exercises.h"

namespace fs = std::filesystem;

namespace {

const fs::path root = KINDLING_SOURCE_DIR;
const fs::path build = KINDLING_BINARY_DIR;

struct Outcome {
  int status = -1;
  std::string output;
};

Outcome run(const fs::path& program) {
  FILE* pipe = popen(("'" + program.string() + "' 2>&1").c_str(), "r");
  if (!pipe) return {-1, "cannot start it"};
  Outcome outcome;
  char buffer[4096];
  while (const std::size_t count = fread(buffer, 1, sizeof buffer, pipe))
    outcome.output.append(buffer, count);
  const int status = pclose(pipe);
  outcome.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return outcome;
}

/// The outcome of every program, as many at a time as there are processors.
std::map<fs::path, Outcome> run_all(const std::vector<fs::path>& programs) {
  std::vector<Outcome> outcomes(programs.size());
  std::atomic<std::size_t> next = 0;
  std::vector<std::jthread> runners;
  for (unsigned i = 0; i < std::max(1U, std::thread::hardware_concurrency()); ++i)
    runners.emplace_back([&] {
      for (std::size_t at = 0; (at = next++) < programs.size();) outcomes[at] = run(programs[at]);
    });
  runners.clear();  // joins
  std::map<fs::path, Outcome> found;
  for (std::size_t i = 0; i < programs.size(); ++i) found[programs[i]] = std::move(outcomes[i]);
  return found;
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != text.npos;
}

std::string last_line(const std::string& text) {
  const std::size_t end = text.find_last_not_of('\n');
  const std::size_t begin = text.rfind('\n', end);
  return text.substr(begin + 1, end - begin);
}

/// The TEXT of the line `/// \caught TEXT`.
std::string caught_by(const fs::path& mutant) {
  const std::string text = learn::read_file(mutant), tag = "/// \\caught ";
  const std::size_t at = text.find(tag);
  if (at == text.npos) return "";
  return text.substr(at + tag.size(), text.find('\n', at) - at - tag.size());
}

/// What is wrong with the manners of a verdict, which somebody reads who is stuck: nothing, if it
/// names what is wrong with each test case in a line or more, no path of this machine, and is
/// short.
std::string said_badly(const std::string& verdict) {
  if (contains(verdict, root.string() + "/")) return "it has an absolute path";
  std::istringstream lines(verdict);
  int count = 0;
  bool owes_a_reason = false;
  for (std::string line; std::getline(lines, line); ++count) {
    if (owes_a_reason && !line.starts_with("      ")) return "a cross has no line of its own";
    owes_a_reason = line.starts_with("  ✗") || line.starts_with("  x ");
    if (line.size() > 700) return "it has a line of " + std::to_string(line.size()) + " characters";
  }
  return count > 100 ? "it has " + std::to_string(count) + " lines" : "";
}

/// The mutants of each exercise, by its number.
std::map<std::string, std::vector<fs::path>> find_mutants() {
  std::map<std::string, std::vector<fs::path>> found;
  for (const auto& entry : fs::recursive_directory_iterator(root / "tests/mutants")) {
    if (!entry.is_regular_file()) continue;
    const std::string name = entry.path().filename().string();
    found[name.substr(0, name.find('_'))].push_back(entry.path());
  }
  return found;
}

/// All of them, but for those that this build cannot prove.
std::vector<learn::Exercise> find_provable() {
  auto exercises = learn::find_exercises(root);
  const std::string cuda = KINDLING_CUDA_MODE;
  if (cuda != "off") return exercises;  // on a GPU, too, the simulator judges
  const auto skipped = std::erase_if(
      exercises, [](const learn::Exercise& e) { return fs::path(e.file).extension() == ".cu"; });
  MESSAGE("skipped: " << skipped
                      << " exercises with kernels, whose wrong answers the simulator has to "
                      << "find; this build has KINDLING_CUDA=" << cuda);
  return exercises;
}

}  // namespace

TEST_CASE("every stub compiles, fails, and says which exercise it is and where to write") {
  const auto exercises = find_provable();
  CHECK(exercises.size() >= 30);
  std::vector<fs::path> programs;
  for (const learn::Exercise& exercise : exercises)
    programs.push_back(build / "proof" / exercise.number / "stub");
  const auto outcomes = run_all(programs);
  for (const learn::Exercise& exercise : exercises) {
    CAPTURE(exercise.number);
    const Outcome& outcome = outcomes.at(build / "proof" / exercise.number / "stub");
    CAPTURE(outcome.output);
    CHECK(outcome.status == 1);
    CHECK_FALSE(contains(outcome.output, "✓"));  // no test case may pass before there is an answer
    CHECK_FALSE(contains(outcome.output, "  + "));
    const std::string error = last_line(outcome.output);
    CHECK_MESSAGE(contains(error, "exercise " + exercise.number + " is still to be written"),
                  error);
    CHECK_MESSAGE(contains(error, "exercises/" + exercise.file + ":"), error);
  }
}

TEST_CASE("every plausible wrong answer is caught, with words that point at the mistake") {
  auto mutants = find_mutants();
  const auto exercises = find_provable();
  std::vector<fs::path> programs;
  for (const learn::Exercise& exercise : exercises)
    for (const fs::path& mutant : mutants[exercise.number])
      programs.push_back(build / "proof" / exercise.number / mutant.stem());
  const auto outcomes = run_all(programs);
  for (const learn::Exercise& exercise : exercises) {
    const auto& wrong_answers = mutants[exercise.number];
    CHECK_MESSAGE(wrong_answers.size() >= 3,
                  "exercise " << exercise.number << " has " << wrong_answers.size()
                              << " wrong answers under tests/mutants, expected three or more");
    for (const fs::path& mutant : wrong_answers) {
      CAPTURE(mutant.filename().string());
      const std::string words = caught_by(mutant);
      CHECK_MESSAGE(!words.empty(), "expected a line /// \\caught TEXT");
      const Outcome& outcome = outcomes.at(build / "proof" / exercise.number / mutant.stem());
      CHECK_MESSAGE(outcome.status != 0, "it passes all of the tests");
      CHECK_MESSAGE(contains(last_line(outcome.output), exercise.number + "  "), outcome.output);
      const std::string badly = said_badly(outcome.output);
      CHECK_MESSAGE(badly.empty(), badly << ":\n" << outcome.output);
      CHECK_MESSAGE(contains(outcome.output, words), "expected \"" << words << "\" in:\n"
                                                                   << outcome.output);
    }
  }
  for (const learn::Exercise& exercise : learn::find_exercises(root))
    mutants.erase(exercise.number);
  for (const auto& [number, files] : mutants)
    FAIL_CHECK("tests/mutants has wrong answers to an exercise " << number
                                                                 << ", which there is not");
}

TEST_CASE("who has one function right is sent to the other") {
  const auto place_in = [](const std::string& mutant) {
    const std::string said = run(build / "proof" / mutant.substr(0, 3) / mutant).output;
    const std::size_t at = said.find("  edit   ");
    REQUIRE_MESSAGE(at != said.npos, said);
    return said.substr(at, said.find('\n', at) - at);
  };
  const std::string rules = "  edit   exercises/02_autograd/first_rules.cpp:";
  const std::string of_product = place_in("2.1_exchanged"),
                    of_tanh = place_in("2.1_tanh_not_squared");
  CHECK_MESSAGE(of_product.starts_with(rules), of_product);
  CHECK_MESSAGE(of_tanh.starts_with(rules), of_tanh);
  CHECK(of_product != of_tanh);
  for (const char* mutant :
       {"2.1_exchanged", "2.1_tanh_not_squared", "3.3_only_sigmoid", "3.3_forgets_dy",
        "3.2_no_transpose", "3.2_bias_drawn_first", "4.1_no_max_shift", "4.1_rule_of_softmax",
        "4.5_forgets_zero_grad", "4.5_accuracy_in_training", "5.1_keeps_the_first_axis",
        "5.1_no_check"}) {
    const std::string place = place_in(mutant);
    CHECK_MESSAGE(!contains(place, ", :"), mutant << ": " << place);
  }
}

TEST_CASE("every exercise has a title and three hints in its chapter") {
  for (const learn::Exercise& exercise : learn::find_exercises(root)) {
    CAPTURE(exercise.number);
    CHECK_FALSE(exercise.title.empty());
    for (const std::string& hint : exercise.hints) CHECK_FALSE(hint.empty());
  }
}

TEST_CASE("the stubs in exercises/ are those that solutions/ would give") {
  // A learner's own answers differ, and must: what counts is what a stub was when it was carved.
  const std::string carved = learn::read_file(root / "exercises/.stubs");
  for (const learn::Exercise& exercise : learn::find_exercises(root)) {
    const auto stub = kindling::carve::carve(learn::read_file(root / "solutions" / exercise.file));
    CHECK_MESSAGE(
        contains(carved, kindling::carve::fingerprint(stub.text) + "  " + exercise.file + "\n"),
        "solutions/" << exercise.file << " has changed since exercises/ was carved: run "
                     << (build / "carve").string() << " --root " << root.string()
                     << ", and commit both");
  }
}
