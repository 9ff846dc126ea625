#include "tools/book/landing.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <stdexcept>

#include "tools/book/excerpt.h"
#include "tools/book/highlight.h"
#include "tools/book/html.h"
#include "tools/book/page.h"
#include "tools/book/repository.h"

namespace book {

namespace {

std::string sentence(std::string text) {
  const std::string first = text.substr(0, text.find_first_of(" ,"));
  if (first.find('_') != first.npos) return escaped(text);  // state_dict
  if (!text.empty()) text[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(text[0])));
  return escaped(text);
}

/// What stands in a chapter's box, behind its number: a link, unless it is only planned.
std::string boxed(const Chapter& chapter, const std::string& inside) {
  const std::string all = fmt::format("<span class=\"nr\">{:02}</span>{}", chapter.number, inside);
  if (!chapter.here) return "<div>" + all + "</div>";
  return fmt::format("<a href=\"{}\">{}</a>", chapter.url(), all);
}

std::ptrdiff_t exercises_of(const Book& book, const Chapter& chapter) {
  return std::ranges::count(book.exercises, chapter.folder, &learn::Exercise::chapter);
}

std::string layers_of(const Book& book) {
  std::string layers;
  for (const Chapter& chapter : book.chapters)
    layers =
        fmt::format(
            "<li class=\"layer l{0}{1}\" data-chapter=\"{0}\" data-exercises=\"{3}\" "
            "style=\"--i:{0}\">{2}</li>\n",
            chapter.number, chapter.here ? "" : " planned",
            boxed(chapter, "<b>" + escaped(chapter.name) + "</b>"), exercises_of(book, chapter)) +
        layers;  // the first at the bottom
  return layers;
}

std::string cards_of(const Book& book) {
  std::string cards;
  for (const Chapter& chapter : book.chapters) {
    const auto exercises = exercises_of(book, chapter);
    cards += fmt::format(
        "<li class=\"card{}\" data-chapter=\"{}\" data-exercises=\"{}\">{}</li>\n",
        chapter.here ? "" : " planned", chapter.number, exercises,
        boxed(chapter,
              fmt::format("<h3>{}</h3><p>{}</p><p class=\"count\">{}</p>", escaped(chapter.name),
                          sentence(chapter.brief),
                          chapter.here ? fmt::format("{} exercises", exercises) : "to come")));
  }
  return cards;
}

/// Puts the code that `<!-- code: FILE PART -->` names in the place of the comment.
void quote_code(Book& book, std::string& html) {
  const std::string mark = "<!-- code:";
  for (std::size_t at = html.find(mark); at != html.npos; at = html.find(mark, at)) {
    const std::size_t end = html.find("-->", at);
    Block block;
    block.source = trimmed(html.substr(at + mark.size(), end - at - mark.size()));
    const Origin origin = origin_of(block);
    std::string code;
    try {
      code = highlighted(book.truth.code(block), "cpp", book.symbols, "");
    } catch (const std::exception& error) {
      book.complain(fmt::format("book/landing.html: {}: {}", block.source, error.what()));
    }
    while (code.ends_with('\n')) code.pop_back();
    html.replace(at, end + 3 - at,
                 fmt::format("<figure class=\"code cpp\"><figcaption><a href=\"{}\">{}</a>"
                             "</figcaption><pre tabindex=\"0\"><code>{}</code></pre></figure>",
                             url_of_file(origin.file), origin.file, code));
  }
}

/// `git clone …`, where it is known from where.
std::string clone_command(const Repository& repository) {
  if (repository.clone.empty()) return "";
  std::string folder = repository.page.substr(repository.page.rfind('/') + 1);
  return fmt::format(
      "<figure class=\"code sh start\"><pre tabindex=\"0\"><code><span class=\"f\">git</span> "
      "clone "
      "{}\n<span class=\"f\">cd</span> {}</code></pre></figure>\n",
      escaped(repository.clone), escaped(folder));
}

}  // namespace

void write_landing(Book& book) {
  std::string html = learn::read_file(book.sources.root / "book/landing.html");
  replace_all(html, "{{layers}}", layers_of(book));
  replace_all(html, "{{chapters}}", cards_of(book));
  replace_all(html, "{{exercises}}", std::to_string(book.exercises.size()));
  const Repository repository = repository_at(
      book.sources.repository.empty() ? remote_of(book.sources.root) : book.sources.repository);
  replace_all(html, "{{clone}}", clone_command(repository));
  replace_all(html, "{{repository}}",
              repository.page.empty()
                  ? ""
                  : fmt::format("<li><b>Repository</b> <a href=\"{0}\">{0}</a></li>\n",
                                escaped(repository.page)));
  learn::write_file(book.sources.out / "files/LICENSE.txt",
                    learn::read_file(book.sources.root / "LICENSE"));
  quote_code(book, html);
  write_page(book, {.url = "index.html", .title = "", .kind = "landing", .body = html, .toc = ""});
}

}  // namespace book
