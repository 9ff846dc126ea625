#include "tools/exercises.h"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <utility>

#include "tools/carve/carver.h"

namespace learn {

namespace fs = std::filesystem;

std::string read_bytes(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in) throw std::runtime_error("cannot read " + file.string());
  std::ostringstream bytes;
  bytes << in.rdbuf();
  return std::move(bytes).str();
}

std::string read_file(const fs::path& file) {
  const std::string bytes = read_bytes(file);
  std::string text;
  text.reserve(bytes.size());
  for (std::size_t i = 0; i < bytes.size(); ++i)
    if (bytes[i] != '\r' || i + 1 == bytes.size() || bytes[i + 1] != '\n') text += bytes[i];
  return text;
}

void write_file(const fs::path& file, const std::string& text) {
  fs::create_directories(file.parent_path());
  const fs::path partial = file.string() + ".part";
  std::ofstream out(partial, std::ios::binary);
  out << text;
  out.close();
  if (!out) throw std::runtime_error("cannot write " + partial.string());
  fs::rename(partial, file);
}

namespace {

std::string trimmed(const std::string& text) {
  const std::size_t first = text.find_first_not_of(" \n");
  return first == text.npos ? "" : text.substr(first, text.find_last_not_of(" \n") - first + 1);
}

/// Title and hints, from "### 3.2 Title" to the next heading; each hint is a <details> block.
void read_section(const std::string& chapter, Exercise& exercise) {
  const std::string heading = "\n### " + exercise.number + " ";
  const std::size_t at = chapter.find(heading);
  if (at == chapter.npos) return;
  const std::size_t title = at + heading.size();
  exercise.title = chapter.substr(title, chapter.find('\n', title) - title);
  std::size_t end =
      std::min({chapter.find("\n### ", title), chapter.find("\n## ", title), chapter.size()});
  const std::string section = chapter.substr(title, end - title);
  std::size_t next = 0;
  for (std::string& hint : exercise.hints) {
    const std::size_t open = section.find("</summary>", next);
    if (open == section.npos) return;
    const std::size_t text = open + std::string("</summary>").size();
    next = section.find("</details>", text);
    if (next == section.npos) return;
    hint = trimmed(section.substr(text, next - text));
  }
}

/// 3.10 comes after 3.9.
std::pair<int, int> rank(const std::string& number) {
  return {std::stoi(number), std::stoi(number.substr(number.find('.') + 1))};
}

}  // namespace

std::vector<Exercise> find_exercises(const fs::path& root) {
  std::vector<Exercise> found;
  for (const auto& folder : fs::directory_iterator(root / "solutions")) {
    if (!folder.is_directory()) continue;
    const std::string chapter = folder.path().filename().string();
    const fs::path text = root / "chapters" / chapter / "README.md";
    const std::string reading = fs::exists(text) ? read_file(text) : "";
    for (const auto& entry : fs::directory_iterator(folder)) {
      const auto carved = kindling::carve::carve(read_file(entry.path()));
      if (carved.exercises.empty()) continue;
      Exercise exercise;
      exercise.number = carved.exercises.front().number;
      exercise.chapter = chapter;
      exercise.file = chapter + "/" + entry.path().filename().string();
      for (const auto& function : carved.exercises) {
        if (function.number != exercise.number)
          throw std::runtime_error("solutions/" + exercise.file +
                                   ": expected one exercise in a file, found " + exercise.number +
                                   " and " + function.number);
        exercise.functions.push_back(function.function);
      }
      read_section(reading, exercise);
      found.push_back(std::move(exercise));
    }
  }
  std::ranges::sort(found, {}, [](const Exercise& e) { return rank(e.number); });
  for (std::size_t i = 1; i < found.size(); ++i)
    if (found[i - 1].number == found[i].number)
      throw std::runtime_error("exercise " + found[i].number + " stands in two files: " +
                               found[i - 1].file + " and " + found[i].file);
  return found;
}

fs::path answers_folder(const fs::path& root) {
  const char* practice = std::getenv("KINDLING_PRACTICE");
  return practice && *practice ? fs::path(practice) : root / "exercises";
}

std::string place_to_edit(const fs::path& root, const Exercise& exercise,
                          const std::vector<std::string>& functions) {
  std::ifstream in(answers_folder(root) / exercise.file);
  std::string all, wanted;  // ":29, :41"
  const auto add = [](std::string& list, int line) {
    list += (list.empty() ? ":" : ", :") + std::to_string(line);
  };
  std::string declaration;  // of the tagged function that is being read
  int number = 0, begin = 0;
  bool tagged = false;
  for (std::string line; std::getline(in, line);) {
    ++number;
    const bool comment = trimmed(line).starts_with("///");
    if (comment && line.find("\\exercise{" + exercise.number + "}") != line.npos) {
      tagged = true;
      begin = 0;
    }
    if (!tagged || comment) continue;
    if (begin == 0) {
      begin = number;
      declaration.clear();
      add(all, number);
    }
    declaration += line + " ";
    if (line.find_first_of("{;") == line.npos) continue;  // it goes on
    tagged = false;
    const auto names_it = [&](const std::string& name) {
      return declaration.find(" " + name + "(") != declaration.npos ||
             declaration.find("*" + name + "(") != declaration.npos ||
             declaration.find("&" + name + "(") != declaration.npos;
    };
    if (std::ranges::any_of(functions, names_it)) add(wanted, begin);
  }
  return "exercises/" + exercise.file + (wanted.empty() ? all : wanted);
}

}  // namespace learn
