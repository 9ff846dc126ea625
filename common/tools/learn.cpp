/// What `./learn` hands over to, once that script has installed and built what a command needs.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

#include "tools/commands.h"
#include "tools/launch.h"
#include "tools/lookup.h"
#include "tools/process.h"
#include "tools/subcommands.h"
#include "tools/terminal.h"

namespace learn {
namespace {

namespace fs = std::filesystem;

Places find_places(const char* program) {
  std::error_code error;
  const fs::path here = fs::canonical(program, error);
  if (error)
    throw Failure("expected to be started by its path, as the script ./learn at the top does", 2);
  const fs::path build = here.parent_path();  // <root>/build/<preset>
  return {.root = build.parent_path().parent_path(), .build = build};
}

/// ctest with the tests of `chapters`, or all of them; `words` are ctest's own.
int test_reference(const Places& places, const std::vector<std::string>& chapters,
                   const std::vector<std::string>& words) {
  std::vector<std::string> arguments = {"ctest", "--preset", places.build.filename().string()};
  if (!std::getenv("CTEST_PARALLEL_LEVEL"))  // which ./learn sets, unless somebody else has
    arguments.insert(
        arguments.end(),
        {"--parallel", std::to_string(std::max(1U, std::thread::hardware_concurrency()))});
  if (!chapters.empty()) {
    const auto exercises = find_exercises(places.root);
    std::vector<std::string> labels;
    for (const std::string& chapter : chapters)
      labels.push_back(find_chapter(exercises, chapter, "test"));
    arguments.insert(arguments.end(),
                     {"--label-regex", fmt::format("^({})", fmt::join(labels, "|"))});
  }
  arguments.insert(arguments.end(), words.begin(), words.end());
  const int status = run({.arguments = arguments, .folder = places.root});
  if (was_stopped(status)) throw Failure("the tests were stopped", status);
  // ctest only counts what it skips.
  if (!fs::exists(places.build / "book_tool"))
    fmt::print("\nskipped: the book; ./learn book installs what it is built with\n");
  else if (!on_path("chromium") && !on_path("chromium-browser") && !on_path("google-chrome"))
    fmt::print("\nskipped: the book in a browser; no Chromium is installed\n");
  if (const std::string why = lacks_mpi(); !why.empty())
    fmt::print("\nskipped: ranks that are processes; {}\n", why);
  else if (geteuid() != 0)
    fmt::print("\nskipped: hosts with addresses of their own; network namespaces are for root\n");
  return status;
}

int test(const Places& places, const Words& words) {
  if (words.has("--seed")) setenv("KINDLING_SEED", words.value("--seed").c_str(), 1);  // judges ask
  if (!words.arguments.empty() && !words.has("--reference"))
    return test_answers(places, words.arguments);
  return test_reference(places, words.arguments, words.passed_on);
}

int run_program(const Places& places, const Words& words) {
  if (words.arguments.empty()) {
    fmt::print("\n{}\n{}", list_programs(places),
               table({{"./learn run 01_tensors/hour", "runs one"},
                      {"./learn run 1", "lists those of chapter 1 only"}}));
    return 0;
  }
  const std::string name = find_program(places, words.arguments.front()).name;
  const Launch launch = read_launch(words.value("--ranks"), words.value("--hostfile"));
  fs::path folder = places.build / "chapters";
  if (words.has("--mine")) {
    const Mine mine = build_mine(places, {name});
    folder = mine.programs;
    std::string carried;
    for (const Exercise& exercise : answers_in(places, mine, name))
      carried += (carried.empty() ? "" : ", ") + functions_of(exercise);
    if (!carried.empty())
      fmt::print("\n{}\n", wrap("of yours, it rests on " + carried, text_width() - 1, 2));
    fmt::print("\n");
  }
  std::vector<std::string> program = {(folder / name).string()};
  if (!fs::exists(program[0]))
    throw Failure(fmt::format("{} is not built here; ./learn run {} builds it first",
                              fs::proximate(program[0], places.root).string(), name));
  program.insert(program.end(), words.passed_on.begin(), words.passed_on.end());
  become(launch_command(launch, program));
}

fs::path data_folder(const Places& places) {
  const char* folder = std::getenv("KINDLING_DATA");
  return folder && *folder ? fs::absolute(folder) : places.root / "data";
}

/// Whatever can be said before anything is built: words that name nothing are refused here.
void check(const Places& places, const Subcommand& command, const Words& words) {
  const bool reference = words.has("--reference");
  if (command.takes == Takes::exercise || command.takes == Takes::exercises_or_chapters) {
    const auto exercises = find_exercises(places.root);
    for (const std::string& word : words.arguments) {
      if (reference && is_exercise(word))
        throw usage_error("test", fmt::format("--reference expects chapters, such as {}, got {}",
                                              word.substr(0, word.find('.')), word));
      if (command.takes == Takes::exercise || is_exercise(word))
        find_exercise(exercises, word, command.name);
      else
        find_chapter(exercises, word, command.name);
    }
  } else if (command.takes == Takes::program) {
    for (const std::string& word : words.arguments) find_program(places, word);
    read_launch(words.value("--ranks"), words.value("--hostfile"));
  } else if (command.takes == Takes::command) {
    for (const std::string& word : words.arguments) find_subcommand(word);
  }
  if (command.name == "test" && !words.passed_on.empty() && !words.arguments.empty() && !reference)
    throw usage_error("test",
                      "words after -- are ctest's, which tests the reference: they expect "
                      "--reference, or no exercise");
  if (words.has("--seed") && (words.arguments.empty() || reference))
    throw usage_error("test",
                      "--seed is for the random programs that judge an answer: it expects "
                      "an exercise, such as 3.2");
  number_of(command, words, "--seed", 0, std::numeric_limits<int>::max(), 0);
  number_of(command, words, "--level", 1, 3, 0);
  number_of(command, words, "--rounds", 1, 100, 3);
}

int carry_out(const Places& places, const Subcommand& command, const Words& words) {
  const std::string& name = command.name;
  const std::string first = words.arguments.empty() ? "" : words.arguments.front();
  if (name == "tour") return tour(places, words.has("--mine"));
  if (name == "next") return next(places);
  if (name == "test") return test(places, words);
  if (name == "watch") return watch(places, first);
  if (name == "hint") return hint(places, first, number_of(command, words, "--level", 1, 3, 0));
  if (name == "diff")
    return diff(places, first, words.has("--side-by-side"),
                words.has("--show") || words.has("--yes"));
  if (name == "progress") return progress(places);
  if (name == "reset") return reset(places, first);
  if (name == "run") return run_program(places, words);
  if (name == "mine") return show_mine(places);
  if (name == "book") return book(places, !words.has("--no-open"));
  if (name == "bench")
    return bench(places, first, number_of(command, words, "--rounds", 1, 100, 3),
                 words.has("--busy"));
  if (name == "data") {
    fetch_mnist(data_folder(places) / first);
  } else if (name == "completions") {
    fmt::print("{}", completion_script(first));
  } else if (name == "help") {
    if (first.empty())
      print_usage(places);
    else
      print_help(find_subcommand(first));
  }
  return 0;
}

/// What `--check`, by which the script ./learn asks whether the words make sense, ends with when
/// nothing is left to do.
constexpr int said_already = 3;

int main(int argc, char** argv) {
  const Places places = find_places(argv[0]);
  std::vector<std::string> words(argv + 1, argv + argc);
  if (!words.empty() && words.front() == "--complete") {
    words.erase(words.begin());
    for (const Row& row : completions_of(places, words))
      fmt::print("{}\t{}\n", row.left, row.right);
    return 0;
  }
  const bool only_check = !words.empty() && words.front() == "--check";
  if (only_check) words.erase(words.begin());
  if (words.empty()) words = {"next"};
  if (words.front() == "--help" || words.front() == "-h") words.front() = "help";
  if (words.front() == "--version") {
    fmt::print("Kindling {}\n", KINDLING_VERSION);
    return 0;
  }
  const Subcommand& command = find_subcommand(words.front());
  words.erase(words.begin());
  const Words read = read_words(command, words);
  if (read.has("--help")) {
    print_help(command);
    return only_check ? said_already : 0;
  }
  check(places, command, read);
  return only_check ? 0 : carry_out(places, command, read);
}

}  // namespace
}  // namespace learn

static int fail(const std::string& why, int status) {
  std::fflush(stdout);
  // Long is only what other programs have said, which stays as it is; so does what goes into a
  // file, where somebody may look for it.
  const bool wraps = isatty(STDERR_FILENO) && std::ranges::count(why, '\n') <= 8;
  fmt::print(stderr, "\n{} {}\n", learn::cross(),
             wraps ? learn::wrap_lines(why, learn::text_width() - 3) : why);
  return status;
}

int main(int argc, char** argv) try {
  return learn::main(argc, argv);
} catch (const learn::Failure& failure) {
  return fail(failure.what(), failure.status);
} catch (const std::exception& error) {  // a file that cannot be written, and the like
  return fail(error.what(), 1);
}
