#include "tools/book/file_pages.h"

#include <fmt/format.h>

#include "tools/book/excerpt.h"
#include "tools/book/highlight.h"
#include "tools/book/html.h"
#include "tools/book/page.h"
#include "tools/carve/carver.h"

namespace book {

namespace fs = std::filesystem;

namespace {

/// What learners write is shown as it is before they do, whatever stands there now.
std::string code_of(const Book& book, const std::string& file) {
  if (!file.starts_with("exercises/")) return learn::read_file(book.sources.root / file);
  return kindling::carve::carve(learn::read_file(book.sources.root / "solutions" / file.substr(10)))
      .text;
}

std::string numbered(const std::string& html) {
  std::string lines;
  int number = 0;
  for (const std::string& line : lines_of(html))
    lines += fmt::format("<a class=\"ln\" id=\"L{0}\" href=\"#L{0}\">{0}</a>{1}\n", ++number, line);
  return lines;
}

/// From an exercise's file to its section, and to its other version.
std::string exercise_links(const Book& book, const std::string& file, const std::string& top) {
  for (const learn::Exercise& exercise : book.exercises) {
    const std::string stub = "exercises/" + exercise.file, answer = "solutions/" + exercise.file;
    if (file != stub && file != answer) continue;
    return fmt::format(
        "<p class=\"built\"><a href=\"{0}{1}\">Exercise {2}: {3}</a> <a "
        "href=\"{0}{4}\">{5}</a></p>\n",
        top, url_of(exercise), exercise.number, escaped(exercise.title),
        url_of_file(file == stub ? answer : stub),
        file == stub ? "The reference" : "What you are given");
  }
  return "";
}

}  // namespace

void write_files(const Book& book) {
  for (const std::string& file : book.files) {
    Page page{.url = url_of_file(file), .title = file, .kind = "source", .body = "", .toc = ""};
    page.body = fmt::format(
        "<header class=\"title\"><p class=\"chapter-number\">{}</p><h1>{}</h1></header>\n{}"
        "<figure class=\"code cpp source\"><pre tabindex=\"0\"><code>{}</code></pre></figure>\n",
        fs::path(file).parent_path().string(), fs::path(file).filename().string(),
        exercise_links(book, file, page.top()),
        numbered(highlighted(code_of(book, file), "cpp", book.symbols, page.top())));
    write_page(book, page);
  }
}

}  // namespace book
