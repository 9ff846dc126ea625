#include "tools/book/chapter_pages.h"

#include <fmt/format.h>

#include <stdexcept>

#include "tools/book/figures.h"
#include "tools/book/highlight.h"
#include "tools/book/html.h"
#include "tools/book/links.h"
#include "tools/book/page.h"

namespace book {

namespace fs = std::filesystem;

namespace {

std::string picture(Book& book, const std::string& path, const std::string& folder) {
  const fs::path chapter = book.sources.root / "chapters" / folder;
  for (const Block& block : blocks_in(learn::read_file(chapter / "README.md"))) {
    if (block.image != path) continue;
    const Figure figure = figure_of(block, chapter, book.truth);
    std::string svg = draw(figure, book.scratch());
    // For the style sheet: on a phone, a figure is not made smaller than can be read.
    if (const std::string mark = "<svg width=\""; svg.starts_with(mark))
      svg.insert(4, fmt::format(" style=\"--width: {}px\"",
                                svg.substr(mark.size(), svg.find('"', mark.size()) - mark.size())));
    if (!is_current(figure))
      book.complain(
          fmt::format("chapters/{}/{} is older than its source: build/reference/book_tool "
                      "update makes it anew",
                      folder, path));
    return svg;
  }
  throw std::runtime_error("there is no picture " + path);
}

Surroundings surroundings(Book& book, const std::string& folder) {
  return {
      .link = [&book,
               folder](const std::string& address) { return resolved_link(book, address, folder); },
      .code_link = [&book](const std::string& code,
                           const std::string& beside) { return resolved_name(book, code, beside); },
      .highlight =
          [&book](const std::string& code, const std::string& language) {
            return highlighted(code, language, book.symbols, "");
          },
      .picture = [&book, folder](const std::string& path) { return picture(book, path, folder); },
  };
}

std::string toc_of(const Rendered& text) {
  std::string html;
  for (const Heading& heading : text.headings)
    if (heading.level <= 3)
      html += fmt::format("<li class=\"level{}\"><a href=\"#{}\">{}</a></li>\n", heading.level,
                          heading.id, heading.html);
  return table_of_contents("On this page", html);
}

/// Below the hints of each exercise: where to write, how to be judged, and the answer.
std::string with_answers(Book& book, const Chapter& chapter) {
  std::string html = chapter.text.html;
  for (const learn::Exercise& exercise : book.exercises) {
    if (exercise.chapter != chapter.folder) continue;
    const std::size_t at = html.find("data-exercise=\"" + exercise.number + "\"");
    if (at == html.npos) {
      book.complain(fmt::format("chapters/{}/README.md: expected a section for exercise {}",
                                chapter.folder, exercise.number));
      continue;
    }
    html.insert(html.find("</section>", at),
                fmt::format("<p class=\"card-foot\"><a href=\"{}\">What you are given</a>"
                            "<code>./learn test {}</code><a class=\"answer\" "
                            "href=\"{}\">The reference</a></p>\n",
                            url_of_file("exercises/" + exercise.file), exercise.number,
                            url_of_file("solutions/" + exercise.file)));
  }
  return html;
}

/// A page's text from its Markdown. Every fault of it is complained of.
Rendered rendered(Book& book, const fs::path& file, const std::string& folder) {
  try {
    return render_markdown(learn::read_file(file), surroundings(book, folder));
  } catch (const std::exception& error) {
    book.complain(fs::relative(file, book.sources.root).string() + ": " + error.what());
    return {};
  }
}

std::string turning(const char* direction, const char* word, const std::string& url,
                    const std::string& title) {
  return fmt::format("<a class=\"{0}\" rel=\"{0}\" href=\"{1}\"><small>{2}</small>{3}</a>",
                     direction, url, word, title);
}

std::string title_of(const Chapter& chapter) {
  return fmt::format("{} {}", chapter.number, chapter.name);
}

}  // namespace

void render_chapters(Book& book) {
  for (Chapter& chapter : book.chapters) {
    if (!chapter.here) continue;
    const fs::path file = book.sources.root / "chapters" / chapter.folder / "README.md";
    chapter.text = rendered(book, file, chapter.folder);
    // "1 Tensors"
    if (const std::size_t space = chapter.text.title.find(' '); space != std::string::npos)
      chapter.name = chapter.text.title.substr(space + 1);
    for (const Complaint& complaint : check_chapter(file, book.truth, false))
      book.complain(complaint.place + ": " + complaint.what);
  }
}

void write_getting_started(Book& book) {
  const Rendered text = rendered(book, book.sources.root / "book/getting_started.md", "../book");
  const std::string url = "getting_started.html";
  std::string body = "<header class=\"title\"><h1>" + text.title + "</h1></header>\n" + text.html +
                     "<nav class=\"prevnext\" aria-label=\"Chapters\">" +
                     turning("prev", "Previous", "index.html", "The book");
  for (const Chapter& chapter : book.chapters)
    if (chapter.number == 1)
      body += turning("next", "Next", chapter.url(), escaped(title_of(chapter)));
  write_page(book, {.url = url,
                    .title = text.title,
                    .kind = "chapter guide",
                    .body = body + "</nav>\n",
                    .toc = toc_of(text)});
  book.index.add_sections(SearchIndex::Kind::guide, url, text.title, text.html);
}

void write_chapters(Book& book) {
  std::vector<const Chapter*> here;
  for (const Chapter& chapter : book.chapters)
    if (chapter.here) here.push_back(&chapter);
  for (std::size_t i = 0; i < here.size(); ++i) {
    const Chapter& chapter = *here[i];
    const std::string before =
        i == 0 ? turning("prev", "Previous", "getting_started.html", "Getting started")
               : turning("prev", "Previous", here[i - 1]->url(), escaped(title_of(*here[i - 1])));
    const std::string after =
        i + 1 == here.size()
            ? turning("next", "Next", "api.html", "API reference")
            : turning("next", "Next", here[i + 1]->url(), escaped(title_of(*here[i + 1])));
    write_page(book,
               {.url = chapter.url(),
                .title = title_of(chapter),
                .kind = "chapter",
                .body = fmt::format("<header class=\"title\"><p class=\"chapter-number\">Chapter "
                                    "{}</p><h1>{}</h1></header>\n{}"
                                    "<nav class=\"prevnext\" aria-label=\"Chapters\">{}{}</nav>\n",
                                    chapter.number, escaped(chapter.name),
                                    with_answers(book, chapter), before, after),
                .toc = toc_of(chapter.text)});
    book.index.add_sections(SearchIndex::Kind::chapter, chapter.url(), title_of(chapter),
                            chapter.text.html);
  }
}

}  // namespace book
