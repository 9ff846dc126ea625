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

/// Asks before it shows the answer to an exercise: whoever follows a link to it may not want that
/// yet.
std::string guarded(const Book& book, const std::string& file, const std::string& top,
                    const std::string& code) {
  for (const learn::Exercise& exercise : book.exercises) {
    if (file != "solutions/" + exercise.file) continue;
    return fmt::format(
        "<div class=\"guard\" data-exercise=\"{0}\"><p>This is the reference for exercise {0}. "
        "Have "
        "you solved it? If not, one of its hints may be enough.</p>"
        "<p><a class=\"button\" href=\"{1}{2}\">Back to the exercise</a></p>\n"
        "<details><summary>Show the reference</summary>\n{3}</details></div>\n",
        exercise.number, top, url_of(exercise), code);
  }
  return code;
}

}  // namespace

void write_files(const Book& book) {
  for (const std::string& file : book.files) {
    Page page{.url = url_of_file(file), .title = file, .kind = "source", .body = "", .toc = ""};
    const std::string code = fmt::format(
        "<figure class=\"code cpp source\"><pre tabindex=\"0\"><code>{}</code></pre></figure>\n",
        numbered(highlighted(code_of(book, file), "cpp", book.symbols, page.top())));
    page.body = fmt::format(
        "<header class=\"title\"><p class=\"chapter-number\">{}</p><h1>{}</h1></header>\n{}{}",
        fs::path(file).parent_path().string(), fs::path(file).filename().string(),
        exercise_links(book, file, page.top()), guarded(book, file, page.top(), code));
    write_page(book, page);
  }
}

}  // namespace book
