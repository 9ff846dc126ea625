#include "tools/book/page.h"

#include <fmt/format.h>

#include <algorithm>

#include "tools/book/html.h"

namespace book {

std::string Page::top() const {
  std::string up;
  for (auto folders = std::ranges::count(url, '/'); folders > 0; --folders) up += "../";
  return up;
}

std::string table_of_contents(const std::string& title, const std::string& items) {
  if (items.empty()) return "";
  // Folded before anything is drawn. Without scripts it stays open, above the text.
  return fmt::format(
      "<nav class=\"toc\" aria-label=\"{0}\"><details "
      "open><summary><b>{0}</b><span></span></summary>"
      "<ul>\n{1}</ul></details></nav>\n<script>if (matchMedia('(max-width: 1280px)').matches) "
      "document.querySelector('.toc details').open = false;</script>\n",
      title, items);
}

static std::string sidebar(const Book& book, const Page& page) {
  const auto item = [&](const std::string& url, const std::string& text, const std::string& more) {
    return fmt::format("<li{}><a href=\"{}{}\"{}>{}</a></li>\n", more, page.top(), url,
                       url == page.url ? " aria-current=\"page\"" : "", text);
  };
  std::string html = "<ol class=\"chapters\">\n";
  for (const Chapter& chapter : book.chapters) {
    const std::string text =
        fmt::format("<span class=\"nr\">{}</span>{}", chapter.number, escaped(chapter.name));
    if (chapter.here)
      html += item(chapter.url(), text, fmt::format(" data-chapter=\"{}\"", chapter.number));
    else
      html += "<li class=\"planned\"><span>" + text + "</span></li>\n";
  }
  return "<ul class=\"more\">\n" + item("getting_started.html", "Getting started", "") + "</ul>\n" +
         html + "</ol>\n<ul class=\"more\">\n" + item("api.html", "API reference", "") + "</ul>\n";
}

/// The styles and scripts that only some pages need.
static std::string head_of(const Book& book, const Page& page) {
  if (page.kind == "api")
    return fmt::format("<link rel=\"stylesheet\" href=\"{}assets/api.css\">", page.top());
  if (page.kind.starts_with("chapter") && !book.sources.katex.empty())
    return fmt::format(
        "<link rel=\"stylesheet\" href=\"{0}assets/katex/katex.min.css\">\n"
        "<script defer src=\"{0}assets/katex/katex.min.js\"></script>",
        page.top());
  return "";
}

std::string framed(const Book& book, const Page& page) {
  std::string html = learn::read_file(book.sources.root / "book/page.html");
  replace_all(html, "{{title}}",
              page.title.empty() ? "Kindling" : escaped(page.title) + " · Kindling");
  replace_all(html, "{{kind}}", page.kind);
  replace_all(html, "{{sidebar}}", sidebar(book, page));
  replace_all(html, "{{toc}}", page.toc);
  replace_all(html, "{{head}}", head_of(book, page));
  replace_all(html, "{{top}}", page.top());
  replace_all(html, "{{content}}", page.body);  // last: it may have braces of its own
  return html;
}

void write_page(const Book& book, const Page& page) {
  learn::write_file(book.sources.out / page.url, framed(book, page));
}

}  // namespace book
