#include "tools/book/book.h"

#include <algorithm>
#include <cctype>
#include <stdexcept>

#include "tools/book/excerpt.h"
#include "tools/book/html.h"

namespace book {

namespace fs = std::filesystem;

namespace {

std::vector<std::string> cells_of(const std::string& table_row) {
  std::vector<std::string> cells;
  for (std::size_t at = 0; at < table_row.size() && table_row[0] == '|';) {
    const std::size_t end = table_row.find('|', at + 1);
    if (end == table_row.npos) break;
    cells.push_back(trimmed(table_row.substr(at + 1, end - at - 1)));
    at = end;
  }
  return cells;
}

/// The chapters as the README at the top lists them:
/// | 01 | [tensors](chapters/…) | what one builds | here |
std::vector<Chapter> find_chapters(const fs::path& root) {
  std::vector<Chapter> chapters;
  for (const std::string& line : lines_of(learn::read_file(root / "README.md"))) {
    const std::vector<std::string> cells = cells_of(line);
    if (cells.size() < 3 || cells[0].size() != 2 ||
        cells[0].find_first_not_of("0123456789") != std::string::npos)
      continue;
    Chapter chapter;
    chapter.number = std::stoi(cells[0]);
    std::string name = cells[1];
    if (name.starts_with("[")) name = name.substr(1, name.find(']') - 1);
    chapter.folder = cells[0] + "_" + name;
    chapter.name =
        name == "gpu" ? "GPU" : static_cast<char>(std::toupper(name[0])) + name.substr(1);
    chapter.brief = cells[2];
    chapter.here = fs::exists(root / "chapters" / chapter.folder / "README.md");
    chapters.push_back(std::move(chapter));
  }
  if (chapters.empty()) throw std::runtime_error("README.md has no table of chapters");
  return chapters;
}

std::set<std::string> find_files(const fs::path& root,
                                 const std::vector<learn::Exercise>& exercises) {
  std::set<std::string> files;
  for (const char* folder : {"solutions", "chapters", "common/include/kindling", "common/src"})
    for (const auto& entry : fs::recursive_directory_iterator(root / folder)) {
      const std::string extension = entry.path().extension();
      if (extension == ".cpp" || extension == ".h" || extension == ".cu")
        files.insert(fs::relative(entry.path(), root).string());
    }
  for (const auto& exercise : exercises) files.insert("exercises/" + exercise.file);
  return files;
}

}  // namespace

Book::Book(const Sources& from)
    : sources(from),
      truth(from.root, from.build),
      exercises(learn::find_exercises(from.root)),
      chapters(find_chapters(from.root)),
      symbols(from.root, exercises),
      files(find_files(from.root, exercises)) {}

const Chapter* Book::chapter_in(const std::string& folder) const {
  const auto at = std::ranges::find(chapters, folder, &Chapter::folder);
  return at == chapters.end() || !at->here ? nullptr : &*at;
}

const learn::Exercise* Book::exercise(const std::string& number) const {
  const auto at = std::ranges::find(exercises, number, &learn::Exercise::number);
  return at == exercises.end() ? nullptr : &*at;
}

std::string url_of_file(const std::string& file) { return "code/" + file + ".html"; }

std::string url_of(const learn::Exercise& exercise) {
  return exercise.chapter + ".html#" + slug(exercise.number + " " + exercise.title);
}

}  // namespace book
