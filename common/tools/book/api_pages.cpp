#include "tools/book/api_pages.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <stdexcept>

#include "tools/book/builders.h"
#include "tools/book/excerpt.h"
#include "tools/book/html.h"
#include "tools/book/page.h"
#include "tools/cpp.h"
#include "tools/process.h"

namespace book {

namespace fs = std::filesystem;
using learn::read_file;
using learn::write_file;

namespace {

/// "Exercise 2.4: The walk · exercises/… · solutions/…", from a page of the API; of what has no
/// body in a file, "Chapter 1: Tensors · common/include/kindling/tensor.h".
std::string built_in(const Book& book, const Builders& builders, const Symbol& symbol) {
  std::string html;
  const Home* home = book.symbols.home(symbol);
  const learn::Exercise* exercise = home ? book.exercise(home->exercise) : nullptr;
  const Chapter* chapter = builders.of(symbol);
  const std::string file = home ? home->file : book.symbols.header(symbol);
  if (exercise)
    html += fmt::format("<a href=\"../{}\">Exercise {}: {}</a> <a href=\"../{}\">exercises/{}</a> ",
                        url_of(*exercise), exercise->number, escaped(exercise->title),
                        url_of_file("exercises/" + exercise->file), exercise->file);
  else if (chapter)
    html += fmt::format("<a href=\"../{}\">Chapter {}: {}</a> ", chapter->url(), chapter->number,
                        escaped(chapter->name));
  if (!file.empty()) html += fmt::format("<a href=\"../{}\">{}</a>", url_of_file(file), file);
  return html.empty() ? "" : "<p class=\"built\">" + html + "</p>";
}

/// The end of the first `tag` from `from` on, or npos.
std::size_t behind(const std::string& html, const std::string& tag, std::size_t from = 0) {
  const std::size_t at = html.find(tag, from);
  return at == html.npos ? at : at + tag.size();
}

/// A member of a type, or a function: its own box on the page.
void finish_member(Book& book, const Builders& builders, std::string& html,
                   const std::string& anchor, const Symbol& symbol,
                   std::set<std::string>& indexed) {
  const std::size_t at = html.find("<a id=\"" + anchor + "\"");
  if (at == html.npos) return;
  const std::size_t body = behind(html, "<div class=\"memdoc\">", at);
  if (body == html.npos) return;
  if (indexed.insert(symbol.name).second) {  // of overloads, the first
    const std::size_t end = std::min(html.find("</div><!-- ", body), html.find("<h2", body));
    book.index.add(SearchIndex::Kind::api, symbol.url, "API", symbol.name,
                   plain_text(html.substr(body, end - body)));
  }
  html.insert(body, built_in(book, builders, symbol));
}

/// A type or namespace, which has the whole page.
void finish_type(Book& book, const Builders& builders, std::string& html, const Symbol& symbol) {
  const std::size_t contents = behind(html, "<div class=\"contents\">");
  std::string text;
  const std::string description = "<h2 class=\"groupheader\">Detailed Description</h2>";
  if (const std::size_t more = behind(html, description, contents); more != html.npos)
    text = plain_text(html.substr(more, html.find("<h2", more) - more));
  if (contents != html.npos) html.insert(contents, built_in(book, builders, symbol));
  book.index.add(SearchIndex::Kind::api, symbol.url, "API", symbol.name, text);
}

/// The addresses of what a header declares, by name.
std::map<std::string, std::string> names_in(const Book& book, const std::string& header) {
  std::map<std::string, std::string> urls;
  for (const cpp::Declaration& declaration :
       cpp::declarations_in(read_file(book.sources.root / header))) {
    if (!declaration.within.empty()) continue;
    const Symbol* symbol = book.symbols.find(cpp::full_name(declaration));
    if (symbol) urls[symbol->name] = symbol->url;
  }
  return urls;
}

}  // namespace

void run_doxygen(Book& book) {
  // Two characters that no page has, for what Doxygen puts in: the title, and the text.
  const Page page{.url = "api/page.html", .title = "\1", .kind = "api", .body = "\2", .toc = ""};
  std::string html = framed(book, page);
  replace_all(html, "$", "&#36;");  // Doxygen replaces what begins with a dollar
  replace_all(html, "\1", "$title");
  const std::size_t content = html.find('\2');
  write_file(book.scratch() / "header.html",
             html.substr(0, content) +
                 "<div class=\"doxygen\"><div id=\"top\"><!-- closed by Doxygen -->\n");
  write_file(book.scratch() / "footer.html", "</div>\n" + html.substr(content + 1));
  std::string options = read_file(book.sources.root / "book/Doxyfile.in");
  replace_all(options, "@SOURCE@", book.sources.root.string());
  replace_all(options, "@SCRATCH@", book.scratch().string());
  replace_all(options, "@OUT@", book.sources.out.string());
  write_file(book.scratch() / "Doxyfile", options);
  const learn::Outcome outcome = learn::capture(
      {.arguments = {book.sources.doxygen.string(), (book.scratch() / "Doxyfile").string()},
       .folder = book.sources.root});
  for (const std::string& line : lines_of(outcome.output))
    if (!trimmed(line).empty()) book.complain("doxygen: " + line);
  if (outcome.status != 0)
    throw std::runtime_error("doxygen ended with " + learn::describe_status(outcome.status) + "\n" +
                             outcome.output);
  book.symbols.read_tags(book.scratch() / "tags.xml");
}

void finish_api_pages(Book& book) {
  std::map<std::string, std::map<std::string, const Symbol*>> members;  // by page and anchor
  for (const Symbol& symbol : book.symbols.all())
    if (const std::size_t hash = symbol.url.find('#'); hash != std::string::npos)
      members[symbol.url.substr(0, hash)][symbol.url.substr(hash + 1)] = &symbol;
  const Builders builders(book);
  std::set<std::string> indexed;
  for (const auto& entry : fs::directory_iterator(book.sources.out / "api")) {
    const std::string extension = entry.path().extension();
    if (extension == ".js" || extension == ".map" || extension == ".md5") fs::remove(entry.path());
    if (extension != ".html") continue;
    const std::string url = "api/" + entry.path().filename().string();
    std::string html = read_file(entry.path());
    for (const auto& [anchor, symbol] : members[url])
      finish_member(book, builders, html, anchor, *symbol, indexed);
    // Links to sections that Doxygen does not always write.
    if (const std::size_t summary = html.find("<div class=\"summary\">"); summary != html.npos)
      html.erase(summary, behind(html, "</div>", summary) - summary);
    if (html.find("<div class=\"title\">") != html.npos)
      for (const Symbol& symbol : book.symbols.all())
        if (symbol.url == url) finish_type(book, builders, html, symbol);
    write_file(entry.path(), html);
  }
}

void write_api_index(const Book& book) {
  std::string html =
      "<header class=\"title\"><p class=\"chapter-number\">Reference</p><h1>API "
      "reference</h1></header>\n"
      "<p class=\"lead\">Every public name, by the header that declares it. Each has a link to "
      "the chapter that builds it, and to its files.</p>\n";
  std::string toc;
  const Builders builders(book);
  const std::string folder = "common/include/kindling/";
  for (const auto& file : book.files) {
    if (!file.starts_with(folder)) continue;
    const std::string header = file.substr(folder.size()), id = slug(header);
    const std::map<std::string, std::string> names = names_in(book, file);
    if (names.empty()) continue;
    const Chapter* chapter = builders.of_file(file);
    const std::string built =
        chapter ? fmt::format("<p class=\"built\"><a href=\"{}\">Chapter {}: {}</a></p>",
                              chapter->url(), chapter->number, escaped(chapter->name))
                : "";
    html += fmt::format(
        "<h2 id=\"{0}\"><a href=\"{2}\"><code>kindling/{1}</code></a><a class=\"anchor\" "
        "href=\"#{0}\" aria-label=\"Link to this section\">#</a></h2>\n{3}<ul class=\"names\">",
        id, header, url_of_file(file), built);
    toc += fmt::format("<li class=\"level2\"><a href=\"#{}\">{}</a></li>\n", id, header);
    for (const auto& [name, url] : names)
      html += fmt::format("<li><a href=\"{}\"><code>{}</code></a></li>\n", url, escaped(name));
    html += "</ul>\n";
  }
  write_page(book, {.url = "api.html",
                    .title = "API reference",
                    .kind = "apiindex",
                    .body = html,
                    .toc = table_of_contents("Headers", toc)});
}

}  // namespace book
