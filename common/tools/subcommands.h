#pragma once

#include <map>
#include <string>
#include <vector>

#include "tools/commands.h"
#include "tools/process.h"
#include "tools/terminal.h"

/// What each command of `./learn` takes is stated once, in a table. The words of a command line are
/// checked against it; the help and the completions of shells are made of it.
namespace learn {

/// What a command's arguments are.
enum class Takes {
  nothing,
  exercise,               ///< 3.2
  exercises_or_chapters,  ///< 3.2, 3, 03_modules
  program,                ///< 01_tensors/hour
  command,
  word,  ///< one of `choices`, where there are any
};

struct Option {
  std::string name;            ///< "--level"
  std::string value = {};      ///< what follows it, such as "N"; empty for a flag
  std::string text = {};       ///< what it does
  std::string shorthand = {};  ///< "-y"
  std::vector<std::string> choices = {};
};

struct Subcommand {
  std::string name;
  std::string text = {};      ///< what it does
  std::string argument = {};  ///< as the usage line writes it: "[EXERCISE]"
  Takes takes = Takes::nothing;
  std::size_t at_least = 0, at_most = 0;  ///< so many arguments
  std::vector<std::string> choices = {};
  std::string expects = {};  ///< what the arguments are, for errors: "an exercise, such as 3.2"
  std::vector<Option> options = {};
  std::string passes_on = {};  ///< who gets the words after `--`: "ctest"
  /// All that follows the argument is passed on, too, except for the options above.
  bool program_follows = false;
  std::vector<Row> examples = {};
  std::string more = {};  ///< a last paragraph of its help
};

const std::vector<Subcommand>& subcommands();

/// What was typed after the command's name.
struct Words {
  std::vector<std::string> arguments;
  std::map<std::string, std::string> options;  ///< "--level" → "2", "--mine" → ""
  std::vector<std::string> passed_on;

  bool has(const std::string& option) const { return options.contains(option); }
  std::string value(const std::string& option) const {
    return has(option) ? options.at(option) : "";
  }
};

/// The command of that name. \throws Failure if there is none
const Subcommand& find_subcommand(const std::string& name);

/// Takes the words after the command's name apart; options may stand before, between and after the
/// arguments. \throws Failure, which says what was expected, for anything that the command does not
/// take
Words read_words(const Subcommand& command, const std::vector<std::string>& words);

/// The whole number that an option was given, or `otherwise` if it was not given.
int number_of(const Subcommand& command, const Words& words, const std::string& option, int least,
              int most, int otherwise);

/// What a usage error looks like, for all commands: what was expected and what was found, then the
/// command that tells more.
Failure usage_error(const std::string& command, const std::string& what);

void print_help(const Subcommand& command);
/// The commands, as ./learn says them before anything is built.
void print_usage(const Places& places);

/// What the last of the words, which is being typed, may become: each with what it means.
std::vector<Row> completions_of(const Places& places, const std::vector<std::string>& words);
/// The script that makes bash, zsh or fish ask completions_of().
std::string completion_script(const std::string& shell);

}  // namespace learn
