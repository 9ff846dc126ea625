/// The words that ./learn understands, and what it says to those that it does not. Nothing is built
/// here, and no answer is touched.
#include <doctest/doctest.h>
#include <fcntl.h>
#include <pty.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "tools/carve/carver.h"
#include "tools/commands.h"
#include "tools/exercises.h"
#include "tools/process.h"
#include "tools/terminal.h"

namespace fs = std::filesystem;
using learn::Outcome;
using learn::read_file;

namespace {

const fs::path root = KINDLING_SOURCE_DIR;
const fs::path build = KINDLING_BINARY_DIR;

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != text.npos;
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) {
    if (line.ends_with('\r')) line.pop_back();  // of a terminal
    lines.push_back(line);
  }
  return lines;
}

/// What the words are split at: blanks.
std::vector<std::string> split(const std::string& words) {
  std::vector<std::string> result;
  std::istringstream in(words);
  for (std::string word; in >> word;) result.push_back(word);
  return result;
}

/// Answers that are stubs: nobody's own are looked at.
void practise_on_stubs() {
  static bool done = false;
  if (std::exchange(done, true)) return;
  const fs::path stubs = build / "tests/word_stubs";
  for (const auto& exercise : learn::find_exercises(root))
    learn::write_file(stubs / exercise.file,
                      kindling::carve::carve(read_file(root / "solutions" / exercise.file)).text);
  setenv("KINDLING_PRACTICE", stubs.c_str(), 1);
  setenv("LC_ALL", "C.UTF-8", 1);
}

Outcome learn_says(const std::string& words) {
  practise_on_stubs();
  std::vector<std::string> arguments = split(words);
  arguments.insert(arguments.begin(), (build / "learn").string());
  return learn::capture({.arguments = arguments, .folder = root});
}

/// The same, in a terminal that is so wide.
std::string in_terminal(const std::string& words, unsigned short columns,
                        const std::string& terminal_type = "xterm", bool no_color = false) {
  practise_on_stubs();
  winsize size{.ws_row = 24, .ws_col = columns, .ws_xpixel = 0, .ws_ypixel = 0};
  int terminal = -1;
  const pid_t child = forkpty(&terminal, nullptr, nullptr, &size);
  REQUIRE(child >= 0);
  if (child == 0) {
    setenv("TERM", terminal_type.c_str(), 1);
    unsetenv("CI");
    unsetenv("NO_COLOR");
    if (no_color) setenv("NO_COLOR", "1", 1);
    std::vector<std::string> arguments = split(words);
    arguments.insert(arguments.begin(), (build / "learn").string());
    std::vector<char*> pointers;
    for (std::string& argument : arguments) pointers.push_back(argument.data());
    pointers.push_back(nullptr);
    execv(pointers[0], pointers.data());
    _exit(127);
  }
  std::string output;
  char buffer[4096];
  for (ssize_t count = 0; (count = read(terminal, buffer, sizeof buffer)) > 0;)
    output.append(buffer, static_cast<std::size_t>(count));
  close(terminal);
  waitpid(child, nullptr, 0);
  return output;
}

bool has_terminals() {
  int ours = -1, theirs = -1;
  if (openpty(&ours, &theirs, nullptr, nullptr, nullptr) != 0) {
    MESSAGE("skipped what needs a terminal: no pseudo-terminal can be opened here");
    return false;
  }
  close(ours);
  close(theirs);
  return true;
}

std::vector<std::string> completions(std::vector<std::string> words) {
  practise_on_stubs();
  words.insert(words.begin(), {(build / "learn").string(), "--complete"});
  std::vector<std::string> names;
  for (const std::string& line : lines_of(learn::output_of({.arguments = words, .folder = root})))
    names.push_back(line.substr(0, line.find('\t')));
  return names;
}

bool has(const std::vector<std::string>& names, const std::string& name) {
  return std::ranges::find(names, name) != names.end();
}

/// Every command, with arguments that it takes.
const std::vector<std::pair<std::string, std::string>> commands = {
    {"tour", ""},      {"next", ""},     {"test", "1.1"},        {"watch", "1.1"},
    {"hint", "1.1"},   {"diff", "1.1"},  {"progress", ""},       {"reset", "1.1"},
    {"mine", ""},      {"run", ""},      {"book", ""},           {"bench", "step"},
    {"data", "mnist"}, {"help", "test"}, {"completions", "bash"}};

/// An error about the words of a command: what was wrong, first; where to read on, last.
void check_refused(const std::string& words, const std::string& expected) {
  const Outcome outcome = learn_says(words);
  INFO("./learn " << words << "\n" << outcome.output);
  CHECK(outcome.status == 2);
  CHECK(contains(outcome.output, expected));
  const auto lines = lines_of(outcome.output);
  REQUIRE(lines.size() >= 2);
  CHECK(lines.back().starts_with("  ./learn help"));
  CHECK(std::ranges::any_of(lines, [](const auto& line) { return line.starts_with("✗ "); }));
}

}  // namespace

TEST_CASE("the table of commands, the first help and the README know the same commands") {
  const auto known = completions({""});
  CHECK(known.size() == commands.size());
  const std::string usage = learn_says("help").output, readme = read_file(root / "README.md");
  for (const auto& [name, words] : commands) {
    INFO(name);
    CHECK(has(known, name));
    if (name != "next") CHECK(contains(usage, "./learn " + name));
    if (name != "next") CHECK(contains(readme, "| `./learn " + name));
  }
  for (const std::string& line : lines_of(usage))
    if (line.starts_with("  ./learn ") && line[10] != ' ')
      CHECK_MESSAGE(has(known, split(line)[1]), line);
}

TEST_CASE("every command explains itself, wherever --help stands") {
  for (const auto& [name, words] : commands) {
    const Outcome help = learn_says("help " + name);
    CHECK(help.status == 0);
    CHECK_MESSAGE(contains(help.output, "./learn " + name), help.output);
    CHECK(contains(help.output, "--no-install"));
    for (const std::string& asked : {name + " --help", name + " -h", name + " " + words + " --help",
                                     name + " --help " + words, "--help " + name}) {
      const Outcome same = learn_says(asked);
      CHECK_MESSAGE(same.output == help.output, asked << "\n" << same.output);
      CHECK(same.status == 0);
    }
  }
  CHECK(learn_says("--help").output == learn_says("help").output);
  CHECK(contains(learn_says("--version").output, "Kindling 0."));
}

TEST_CASE(
    "unknown options, words too many and words that are missing: one style for all commands") {
  for (const auto& [name, words] : commands) {
    check_refused(name + " " + words + " --bogus", name + ": unknown option --bogus");
    check_refused(name + " --bogus " + words, name + ": unknown option --bogus");
    check_refused(name + " --hepl", name + ": unknown option --hepl; did you mean --help?");
    if (name != "test" && name != "run")
      check_refused(name + " " + (words.empty() ? "" : words + " ") + "superfluous",
                    "no further words, got superfluous");
  }
  for (const std::string name : {"diff", "reset"})
    check_refused(name, name + ": expected an exercise, such as 3.2, got none");
  check_refused("data", "data: expected a data set, mnist, got none");
  check_refused("completions",
                "completions: expected a shell, one of bash, zsh and fish, got none");
}

TEST_CASE("what comes near is offered") {
  check_refused("test --sanitise", "test: unknown option --sanitise; did you mean --sanitize?");
  check_refused("test 1.2 --referense", "did you mean --reference?");
  check_refused("tset", "unknown command tset; did you mean test?");
  check_refused("prog", "unknown command prog; did you mean progress?");
  check_refused("3.2", "did you mean ./learn test 3.2?");
  check_refused("06_saving/digits", "did you mean ./learn run 06_saving/digits?");
  check_refused("help wach", "did you mean watch?");
  check_refused("hint --side-by-side",
                "unknown option --side-by-side, which is one of ./learn diff");
  check_refused("data minst", "did you mean mnist?");
  check_refused("completions fsh", "did you mean fish?");
  check_refused("test linear", "did you mean 3.2 (03_modules/linear.cpp)?");
  check_refused("test exercises/03_modules/linear.cpp", "did you mean 3.2");
  check_refused("test autogard", "did you mean 2 (02_autograd)?");
  check_refused("run 06_saving/digts", "did you mean 06_saving/digits?");
  check_refused("run matmul_ladder", "did you mean 07_gpu/matmul_ladder?");
  check_refused("run 6/digits", "did you mean 06_saving/digits?");
  check_refused("run nothing/like/it", "./learn run lists them");
  check_refused("--bogus", "unknown option --bogus");
}

TEST_CASE("exercises and chapters that there are not: what there is, instead") {
  for (const std::string name : {"test", "watch", "hint", "diff", "reset"}) {
    check_refused(name + " 4.6", name + ": expected an exercise of chapter 4, 4.1 to 4.5, got 4.6");
    check_refused(name + " 9.1", name + ": expected an exercise from 1.1 to 8.5, got 9.1");
  }
  CHECK(contains(learn_says("hint 4.6").output, "4.4  Adam"));
  check_refused("hint 4", "hint: expected an exercise of chapter 4, 4.1 to 4.5, got 4");
  check_refused("test 77", "test: expected a chapter from 1 to 8, got 77");
  check_refused("test 0", "test: expected a chapter from 1 to 8, got 0");
  check_refused("test 1.1 1.2 4.6", "got 4.6");  // before any of them is judged
  CHECK_FALSE(contains(learn_says("test 1.1 4.6").output, "testing YOUR"));
  for (const std::string word : {"1.", ".1", "1.2.3", "1,2", "x", "03x", "-"})
    check_refused("test " + word,
                  "test: expected an exercise such as 3.2 or a chapter such as 3, got " + word);
}

TEST_CASE("values of options: none, not a number, out of range") {
  check_refused("hint 1.1 --level", "hint: expected --level N, got no N");
  check_refused("hint 1.1 --level=", "hint: expected --level N, got no N");
  for (const std::string value : {"0", "4", "two", "1x", "99999999999"})
    check_refused("hint 1.1 --level " + value,
                  "hint: expected --level and a number from 1 to 3, got " + value);
  check_refused("bench --rounds 0", "bench: expected --rounds and a number from 1 to 100, got 0");
  check_refused("test --sanitize=yes", "test: --sanitize takes no value, got --sanitize=yes");
  check_refused("run 08_distributed/hour --ranks two", "expected --ranks and a positive number");
  check_refused("run --ranks -1 08_distributed/hour", "expected --ranks and a positive number");
  check_refused("run 08_distributed/hour --hostfile /nowhere", "there is no /nowhere");
  CHECK(contains(learn_says("hint --level=2 1.1").output, "hint 2 of 3"));
  CHECK(contains(learn_says("hint --level 3 1.1").output, "hint 3 of 3"));
}

TEST_CASE("words for ctest follow --") {
  check_refused("test --reference -V", "test: unknown option -V; words for ctest follow --");
  check_refused("test 1.1 -- -V", "words after -- are ctest's");
  check_refused("test 1.2 --reference", "--reference expects chapters, such as 1, got 1.2");
  const Outcome listed = learn_says("test 3 --reference -- -N");  // -N: lists, runs nothing
  CHECK(listed.status == 0);
  CHECK_MESSAGE(contains(listed.output, "03_modules"), listed.output);
  CHECK_FALSE(contains(listed.output, "04_training"));
  const Outcome several = learn_says("test --reference 3 04_training -- -N");
  CHECK(contains(several.output, "03_modules"));
  CHECK(contains(several.output, "04_training"));
}

TEST_CASE("run lists the programs, each with what it does in a line") {
  const Outcome all = learn_says("run");
  CHECK(all.status == 0);
  CHECK_MESSAGE(contains(all.output, "01_tensors/hour"), all.output);
  CHECK(contains(all.output, "The hour, section 7: a training loop."));
  // Of a chapter only those, and what was wrong stands last.
  for (const std::string word : {"4", "04", "04_training", "04_training/"}) {
    const Outcome chapter = learn_says("run " + word);
    CHECK(chapter.status == 2);
    CHECK(contains(chapter.output, "04_training/hour  "));
    CHECK(contains(chapter.output, "  The hour, section 7: a training loop."));
    CHECK_FALSE(contains(chapter.output, "03_modules/hour"));
    CHECK(chapter.output.find("04_training/hour") <
          chapter.output.find("✗ run: expected a program"));
  }
  const Outcome same = learn_says("run hour");
  CHECK(same.status == 2);
  CHECK(contains(same.output, "  08_distributed/hour"));
}

TEST_CASE(
    "the answer is not shown by accident: a stub's diff asks, and without a terminal refuses") {
  const Outcome refused = learn_says("diff 1.1");
  CHECK(refused.status == 1);
  CHECK_MESSAGE(contains(refused.output, "still the stub"), refused.output);
  CHECK_FALSE(contains(refused.output, "Shape strides(shape.size(), 1)"));
  for (const std::string words : {"diff 1.1 --show", "diff --yes 1.1"}) {
    const Outcome shown = learn_says(words);
    CHECK(shown.status == 0);
    CHECK(contains(shown.output, "+  Shape strides(shape.size(), 1);"));
    CHECK(contains(shown.output, "- yours"));
    CHECK(contains(shown.output, "+ the reference  solutions/01_tensors/strides.cpp"));
  }
  // A pipe has no width: two columns need one.
  const Outcome narrow = learn_says("diff 1.1 -y --show");
  CHECK(narrow.status == 0);
  CHECK(contains(narrow.output, "two need a terminal of 120 columns, and this one has 80"));
  if (!has_terminals()) return;
  const std::string wide = in_terminal("diff 1.1 -y --show", 150);
  CHECK_MESSAGE(contains(wide, "the reference: solutions/01_tensors/strides.cpp"), wide);
  CHECK_FALSE(contains(wide, "+  Shape"));
  for (const std::string& line : lines_of(wide)) CHECK(learn::width_of(line) <= 150);
}

TEST_CASE("text is wrapped at the terminal's width, and at 100 columns at most") {
  if (!has_terminals()) return;
  std::vector<std::string> all = {"help",  "next",     "progress",    "mine", "run",
                                  "run 1", "hint 4.6", "test linear", "diff", "hint 1.1 --level 4"};
  for (const auto& [name, words] : commands) all.push_back("help " + name);
  for (const unsigned short columns : {50, 80, 200}) {
    for (const std::string& words : all) {
      const std::string output = in_terminal(words, columns);
      CHECK(!output.empty());
      for (const std::string& line : lines_of(output)) {
        // A word that is longer than a line stays whole.
        if (split(line).size() <= 2) continue;
        CHECK_MESSAGE(learn::width_of(line) < std::min<std::size_t>(columns, 101),
                      columns << ": " << words << "\n"
                              << line);
      }
    }
    for (const learn::Exercise& exercise : learn::find_exercises(root))
      for (const std::string level : {"1", "2", "3"})
        for (const std::string& line :
             lines_of(in_terminal("hint " + exercise.number + " --level " + level, columns))) {
          if (line.starts_with("    ") || line.starts_with("|") || split(line).size() <= 2)
            continue;
          CHECK_MESSAGE(learn::width_of(line) < std::min<std::size_t>(columns, 101), exercise.number
                                                                                         << "\n"
                                                                                         << line);
        }
  }
}

TEST_CASE("NO_COLOR, TERM=dumb and a pipe get no escape codes") {
  CHECK_FALSE(contains(learn_says("progress").output, "\x1b"));
  if (!has_terminals()) return;
  CHECK(contains(in_terminal("next", 80), "\x1b["));
  CHECK_FALSE(contains(in_terminal("next", 80, "dumb"), "\x1b"));
  CHECK_FALSE(contains(in_terminal("next", 80, "xterm", true), "\x1b"));
}

TEST_CASE("completions: commands, options, values, exercises, programs") {
  CHECK(has(completions({"te"}), "test"));
  CHECK_FALSE(has(completions({"te"}), "tour"));
  CHECK(has(completions({"--v"}), "--version"));
  CHECK(completions({"test", "--san"}) == std::vector<std::string>{"--sanitize"});
  CHECK(completions({"test", "3."}) == std::vector<std::string>{"3.1", "3.2", "3.3", "3.4", "3.5"});
  CHECK(has(completions({"test", "1.1", ""}), "1.2"));
  CHECK(has(completions({"test", ""}), "3"));
  CHECK_FALSE(has(completions({"hint", ""}), "3"));
  CHECK(completions({"hint", "1.1", ""}).empty());  // takes one
  CHECK(completions({"hint", "1.1", "--level", ""}) == std::vector<std::string>{"1", "2", "3"});
  CHECK(completions({"run", "02_autograd/n"}) ==
        std::vector<std::string>{"02_autograd/neuron", "02_autograd/nudge"});
  CHECK(has(completions({"run", "06"}), "06_saving/hour"));
  CHECK(completions({"run", "--ranks", "2", "06_saving/d"}) ==
        std::vector<std::string>{"06_saving/digits"});
  CHECK(completions({"completions", ""}) == std::vector<std::string>{"bash", "zsh", "fish"});
  CHECK(completions({"data", ""}) == std::vector<std::string>{"mnist"});
  CHECK(has(completions({"help", "wa"}), "watch"));
  CHECK(completions({"nonsense", ""}).empty());
}

TEST_CASE("the shells accept their completions, and bash completes with them") {
  for (const std::string shell : {"bash", "zsh", "fish"}) {
    const Outcome script = learn_says("completions " + shell);
    CHECK(script.status == 0);
    const fs::path file = build / "tests/word_stubs" / ("completions." + shell);
    learn::write_file(file, script.output);
    if (!learn::on_path(shell)) {
      MESSAGE("skipped: the completions of " << shell << ", which is not installed here");
      continue;
    }
    const Outcome syntax = learn::capture({.arguments = {shell, "-n", file.string()}});
    CHECK_MESSAGE(syntax.status == 0, syntax.output);
  }
  const fs::path here =
      build / "tests/word_stubs/checkout";  // as a checkout stands: ./learn beside build/
  fs::remove_all(here);
  fs::create_directories(here / "build");
  fs::create_directory_symlink(build, here / "build/reference");
  const std::string complete =
      "source ../completions.bash; COMP_WORDS=(./learn test 3.); COMP_CWORD=2; _kindling_learn; "
      "echo ${COMPREPLY[*]}";
  CHECK(learn::output_of({.arguments = {"bash", "-c", complete}, .folder = here}) ==
        "3.1 3.2 3.3 3.4 3.5\n");
  if (!learn::on_path("fish")) return;
  const std::string fish = learn::output_of(
      {.arguments =
           {"fish", "-c",
            "source ../completions.fish; complete --do-complete './learn run 06_saving/d'"},
       .folder = here});
  CHECK_MESSAGE(contains(fish, "06_saving/digits"), fish);
}

TEST_CASE("data takes the packed files of a mirror, NAME.gz, and keeps none that is another") {
  const fs::path here = build / "tests/word_data", programs = here / "programs";
  fs::remove_all(here);
  fs::create_directories(programs);
  for (const std::string program : {"curl", "gzip", "sha256sum", "env"}) {
    if (!learn::on_path(program)) {
      MESSAGE("skipped: ./learn data, as " << program << " is not installed here");
      return;
    }
    // Without npm, the second source.
    const std::string found =
        learn::output_of({.arguments = {"sh", "-c", "command -v " + program}});
    fs::create_symlink(found.substr(0, found.find('\n')), programs / program);
  }
  const fs::path packed = here / "mirror/train-images-idx3-ubyte";
  learn::write_file(packed, "no pictures");
  learn::output_of({.arguments = {"gzip", packed.string()}});
  CHECK(fs::exists(packed.string() + ".gz"));
  const Outcome fetched =
      learn::capture({.arguments = {(programs / "env").string(), "PATH=" + programs.string(),
                                    "KINDLING_MNIST_MIRROR=file://" + (here / "mirror").string(),
                                    "KINDLING_DATA=" + (here / "data").string(),
                                    (build / "learn").string(), "data", "mnist"},
                      .folder = root});
  CHECK(fetched.status == 69);  // npm would help
  CHECK_MESSAGE(contains(fetched.output,
                         "train-images-idx3-ubyte is not the file that it should be, and was "
                         "removed:\n"),
                fetched.output);
  CHECK(fs::is_empty(here / "data/mnist"));
}

TEST_CASE("which answers carry a program: those whose functions are linked into it, by name") {
  if (!learn::on_path("nm") || !learn::on_path("c++")) {
    MESSAGE("skipped: nm or c++ is not installed here");
    return;
  }
  const auto exercises = learn::find_exercises(root);
  const auto strides = *std::ranges::find(exercises, "1.1", &learn::Exercise::number);
  const auto shapes = *std::ranges::find(exercises, "1.2", &learn::Exercise::number);
  CHECK(learn::functions_of(strides) == "row_major_strides (1.1)");
  const learn::Places places{.root = root, .build = build / "tests/word_mine"};
  fs::remove_all(places.build);
  const learn::Mine mine{.programs = places.build / "mine", .exercises = {strides, shapes}};
  const auto compile = [&](const std::string& code, const fs::path& made,
                           std::vector<std::string> options) {
    fs::create_directories(made.parent_path());
    learn::write_file(places.build / "code.cpp", code);
    options.insert(options.begin(), {"c++", (places.build / "code.cpp").string()});
    options.insert(options.end(), {"-o", made.string()});
    const Outcome outcome = learn::capture({.arguments = options});
    REQUIRE_MESSAGE(outcome.status == 0, outcome.output);
  };
  const fs::path objects = places.build / "CMakeFiles/mine.dir/exercises";
  const fs::path object = objects / (strides.file + ".o");
  compile("namespace kindling { int row_major_strides(int n) { return n; } }", object, {"-c"});
  compile("namespace kindling { int broadcast_shapes(int n) { return n; } }",
          objects / (shapes.file + ".o"), {"-c"});
  compile(
      "namespace kindling { int row_major_strides(int); }\n"
      "int main() { return kindling::row_major_strides(0); }",
      mine.programs / "hour", {object.string()});
  compile("int main() {}", mine.programs / "other", {});
  const auto carried = learn::answers_in(places, mine, "hour");
  REQUIRE(carried.size() == 1);
  CHECK(carried[0].number == "1.1");
  CHECK(learn::answers_in(places, mine, "other").empty());
}

TEST_CASE("a fresh clone: the script helps, and refuses what it does not know, before it builds") {
  const fs::path clone = build / "tests/fresh_clone";
  fs::remove_all(clone);
  fs::create_directories(clone / "common/tools");
  for (const std::string file :
       {"learn", "CMakeLists.txt", "common/tools/usage.txt", "common/tools/packages.sh"})
    fs::copy_file(root / file, clone / file);
  const auto says = [&](const std::string& words) {
    return learn::capture({.arguments = {"bash", "-c", "./learn " + words}, .folder = clone});
  };
  const std::string usage = read_file(root / "common/tools/usage.txt");
  for (const std::string words : {"help", "--help", "-h", "help test", "test --help"}) {
    CHECK(says(words).status == 0);
    CHECK(says(words).output == usage);
  }
  CHECK(says("--version").output == learn_says("--version").output);
  const Outcome unknown = says("tset");
  CHECK(unknown.status == 2);
  CHECK(contains(unknown.output, "unknown command tset\n  ./learn help lists the commands"));
  CHECK_FALSE(fs::exists(clone / "build"));
}
