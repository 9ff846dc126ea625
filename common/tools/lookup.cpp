#include "tools/lookup.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <sstream>

#include "tools/subcommands.h"
#include "tools/suggest.h"

namespace learn {

namespace fs = std::filesystem;

namespace {

bool is_digits(const std::string& text) {
  return !text.empty() && text.find_first_not_of("0123456789") == text.npos;
}

/// Without leading zeros: "03" is "3".
std::string number_in(const std::string& digits) {
  return digits.substr(std::min(digits.find_first_not_of('0'), digits.size() - 1));
}

std::string chapter_number(const std::string& folder) {
  return number_in(folder.substr(0, folder.find('_')));
}

/// The folders of the chapters that have exercises.
std::vector<std::string> chapters_of(const std::vector<Exercise>& exercises) {
  std::vector<std::string> chapters;
  for (const Exercise& exercise : exercises)
    if (chapters.empty() || chapters.back() != exercise.chapter)
      chapters.push_back(exercise.chapter);
  return chapters;
}

/// The chapter of that number, "3" or "03"; empty if there is none.
std::string chapter_of_number(const std::vector<std::string>& chapters, const std::string& digits) {
  for (const std::string& chapter : chapters)
    if (is_digits(digits) && chapter_number(chapter) == number_in(digits)) return chapter;
  return "";
}

/// The exercise or the chapter that a name comes near to: "; did you mean 3.2
/// (03_modules/linear.cpp)?".
std::string meant_by(const std::vector<Exercise>& exercises, const std::string& word,
                     bool chapters_too) {
  std::vector<std::string> names;
  const std::string stem = fs::path(word).stem().string();
  for (const Exercise& exercise : exercises)
    names.push_back(fs::path(exercise.file).stem().string());
  const std::string name = closest(stem, names);
  if (chapters_too) {
    std::vector<std::string> folders = chapters_of(exercises);
    for (const std::string& folder : chapters_of(exercises))
      folders.push_back(folder.substr(folder.find('_') + 1));
    const std::string folder = closest(word, folders);
    if (!folder.empty() && name.empty())
      for (const std::string& chapter : chapters_of(exercises))
        if (chapter.ends_with(folder))
          return fmt::format("; did you mean {} ({})?", chapter_number(chapter), chapter);
  }
  for (std::size_t i = 0; i < names.size(); ++i)
    if (!name.empty() && names[i] == name)
      return fmt::format("; did you mean {} ({})?", exercises[i].number, exercises[i].file);
  return "";
}

std::string all_chapters(const std::vector<Exercise>& exercises) {
  const auto chapters = chapters_of(exercises);
  return fmt::format("{} to {}", chapter_number(chapters.front()), chapter_number(chapters.back()));
}

}  // namespace

bool is_exercise(const std::string& word) {
  const std::size_t dot = word.find('.');
  return dot != word.npos && is_digits(word.substr(0, dot)) && is_digits(word.substr(dot + 1));
}

std::string range_of(const std::vector<Exercise>& exercises, const std::string& chapter) {
  std::string first, last;
  for (const Exercise& exercise : exercises)
    if (exercise.chapter == chapter) {
      if (first.empty()) first = exercise.number;
      last = exercise.number;
    }
  return first == last ? first : fmt::format("{} to {}", first, last);
}

std::size_t find_exercise(const std::vector<Exercise>& exercises, const std::string& number,
                          const std::string& command) {
  const auto at = std::ranges::find(exercises, number, &Exercise::number);
  if (at != exercises.end()) return static_cast<std::size_t>(at - exercises.begin());
  const auto chapters = chapters_of(exercises);
  std::string chapter = chapter_of_number(chapters, number.substr(0, number.find('.')));
  if (chapter.empty() && std::ranges::find(chapters, number) != chapters.end()) chapter = number;
  if (chapter.empty())
    throw usage_error(command, fmt::format("expected an exercise from {} to {}, got {}{}",
                                           exercises.front().number, exercises.back().number,
                                           number, meant_by(exercises, number, false)));
  std::string list;
  for (const Exercise& exercise : exercises)
    if (exercise.chapter == chapter)
      list += fmt::format("  {:<4} {}\n", exercise.number, exercise.title);
  fmt::print(stderr, "\nThe exercises of chapter {}\n\n{}", chapter_number(chapter), list);
  throw usage_error(command,
                    fmt::format("expected an exercise of chapter {}, {}, got {}",
                                chapter_number(chapter), range_of(exercises, chapter), number));
}

std::string find_chapter(const std::vector<Exercise>& exercises, const std::string& word,
                         const std::string& command) {
  const auto chapters = chapters_of(exercises);
  if (std::ranges::find(chapters, word) != chapters.end()) return word;
  if (const std::string chapter = chapter_of_number(chapters, word); !chapter.empty())
    return chapter;
  if (is_digits(word))
    throw usage_error(
        command, fmt::format("expected a chapter from {}, got {}", all_chapters(exercises), word));
  throw usage_error(command, fmt::format("expected an exercise such as 3.2 or a chapter such as 3, "
                                         "got {}{}",
                                         word, meant_by(exercises, word, true)));
}

namespace {

/// The first sentence of the `///` comment at the top of a program.
std::string first_sentence(const fs::path& file) {
  std::istringstream lines(read_file(file));
  std::string text;
  for (std::string line; std::getline(lines, line);) {
    if (line.ends_with('\r')) line.pop_back();
    if (!line.starts_with("///") || line == "///") break;
    text += (text.empty() ? "" : " ") + line.substr(std::min<std::size_t>(4, line.size()));
  }
  for (std::size_t end = 0; (end = text.find(". ", end)) != text.npos; ++end)
    if (std::isupper(static_cast<unsigned char>(text[end + 2])) || text[end + 2] == '`')
      return text.substr(0, end + 1);
  return text;
}

}  // namespace

std::vector<Program> find_programs(const Places& places) {
  std::vector<Program> programs;
  const fs::path chapters = places.root / "chapters";
  if (!fs::exists(chapters)) return programs;
  for (const auto& entry : fs::recursive_directory_iterator(chapters))
    if (const auto kind = entry.path().extension(); kind == ".cpp" || kind == ".cu")
      programs.push_back({fs::relative(entry.path(), chapters).replace_extension().string(),
                          first_sentence(entry.path())});
  std::ranges::sort(programs, {}, &Program::name);
  return programs;
}

std::string list_programs(const Places& places, const std::string& chapter) {
  auto programs = find_programs(places);
  std::erase_if(programs, [&](const Program& program) {
    return !chapter.empty() && !program.name.starts_with(chapter + "/");
  });
  std::size_t longest = 0;
  for (const Program& program : programs) longest = std::max(longest, program.name.size());
  const std::size_t room = std::max(text_width(), longest + 15) - longest - 5;
  std::string list;
  for (const Program& program : programs)
    list += fmt::format("  {:<{}}  {}\n", program.name, longest, shorten(program.text, room));
  return list;
}

Program find_program(const Places& places, const std::string& word) {
  const auto programs = find_programs(places);
  std::string name = word;
  for (const char* before : {"./", "chapters/"})
    if (name.starts_with(before)) name.erase(0, std::string(before).size());
  for (const char* after : {".cpp", ".cu"})
    if (name.ends_with(after)) name.erase(name.size() - std::string(after).size());
  const auto at = std::ranges::find(programs, name, &Program::name);
  if (at != programs.end()) return *at;

  std::vector<std::string> names, chapters;
  for (const Program& program : programs) {
    names.push_back(program.name);
    const std::string chapter = program.name.substr(0, program.name.find('/'));
    if (chapters.empty() || chapters.back() != chapter) chapters.push_back(chapter);
  }
  const std::string folder = name.ends_with('/') ? name.substr(0, name.size() - 1) : name;
  std::string chapter = chapter_of_number(chapters, folder);
  if (std::ranges::find(chapters, folder) != chapters.end()) chapter = folder;
  if (!chapter.empty()) {
    fmt::print(stderr, "\nThe programs of chapter {}\n\n{}", chapter_number(chapter),
               list_programs(places, chapter));
    throw usage_error("run", fmt::format("expected a program, such as {}/hour, got the chapter {}",
                                         chapter, word));
  }
  // The name alone, which several chapters may have.
  std::vector<std::string> same;
  for (const std::string& known : names)
    if (known.ends_with("/" + name)) same.push_back(known);
  // "3/hour" is 03_modules/hour.
  if (const std::size_t slash = name.find('/'); slash != name.npos)
    if (const std::string of = chapter_of_number(chapters, name.substr(0, slash)); !of.empty())
      if (const std::string full = of + name.substr(slash);
          std::ranges::find(names, full) != names.end())
        same.push_back(full);
  if (same.size() > 1) {
    std::string list;
    for (const std::string& one : same) list += "  " + one + "\n";
    fmt::print(stderr, "\nSeveral chapters have a program of that name\n\n{}", list);
    throw usage_error("run",
                      fmt::format("expected a program, such as {}, got {}", same.front(), word));
  }
  std::string meant = did_you_mean(name, names);
  if (!same.empty()) meant = fmt::format("; did you mean {}?", same.front());
  if (meant.empty()) meant = "; ./learn run lists them";
  throw usage_error("run", fmt::format("there is no program {}{}", word, meant));
}

}  // namespace learn
