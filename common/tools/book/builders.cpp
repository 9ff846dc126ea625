#include "tools/book/builders.h"

#include "tools/book/excerpt.h"
#include "tools/book/links.h"

namespace book {

namespace {

const std::string include_folder = "common/include/kindling/";

/// What stands between backticks in a line.
std::vector<std::string> code_in(const std::string& line) {
  std::vector<std::string> found;
  for (std::size_t open = line.find('`'); open != line.npos;) {
    const std::size_t close = line.find('`', open + 1);
    if (close == line.npos) break;
    found.push_back(line.substr(open + 1, close - open - 1));
    open = line.find('`', close + 1);
  }
  return found;
}

/// The files of common/ in the tables of a chapter's text.
std::set<std::string> files_listed(const Book& book, const Chapter& chapter) {
  std::set<std::string> found;
  const auto text = book.sources.root / "chapters" / chapter.folder / "README.md";
  for (const std::string& line : lines_of(learn::read_file(text))) {
    if (!line.starts_with('|')) continue;
    std::string beside;
    for (const std::string& code : code_in(line)) {
      const FileName name = resolved_file(book, code, beside);
      if (code.find('/') != code.npos) beside = code;
      if (name.file.starts_with("common/")) found.insert(name.file);
    }
  }
  return found;
}

/// The public headers that a file includes.
std::vector<std::string> includes_of(const Book& book, const std::string& file) {
  std::vector<std::string> found;
  const std::string mark = "#include \"kindling/";
  for (const std::string& line : lines_of(learn::read_file(book.sources.root / file)))
    if (line.starts_with(mark))
      found.push_back(include_folder + line.substr(mark.size(), line.rfind('"') - mark.size()));
  return found;
}

}  // namespace

Builders::Builders(const Book& book) : book_(book) {
  for (const Chapter& chapter : book.chapters)
    if (chapter.here)
      for (const std::string& file : files_listed(book, chapter))
        files_.try_emplace(file, &chapter);
  // What a chapter's header includes is there by then.
  for (bool changed = true; changed;) {
    changed = false;
    for (const auto& [file, chapter] : std::map(files_)) {
      if (!file.starts_with(include_folder)) continue;
      for (const std::string& included : includes_of(book, file)) {
        const Chapter*& known = files_[included];
        if (known && known->number <= chapter->number) continue;
        known = chapter;
        changed = true;
      }
    }
  }
}

const Chapter* Builders::of_file(const std::string& file) const {
  const std::string folder = "solutions/";
  if (file.starts_with(folder))
    return book_.chapter_in(
        file.substr(folder.size(), file.find('/', folder.size()) - folder.size()));
  const auto at = files_.find(file);
  return at == files_.end() ? nullptr : at->second;
}

const Chapter* Builders::of(const Symbol& symbol) const {
  const Home* home = book_.symbols.home(symbol);
  const Chapter* chapter = home ? of_file(home->file) : nullptr;
  return chapter ? chapter : of_file(book_.symbols.header(symbol));
}

}  // namespace book
