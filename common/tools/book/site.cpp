#include "tools/book/site.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <stdexcept>

#include "tools/book/chapter_text.h"
#include "tools/book/excerpt.h"
#include "tools/book/figures.h"
#include "tools/book/highlight.h"
#include "tools/book/html.h"
#include "tools/book/markdown.h"
#include "tools/book/symbols.h"
#include "tools/carve/carver.h"
#include "tools/exercises.h"
#include "tools/process.h"

namespace book {

namespace fs = std::filesystem;
using learn::read_file;
using learn::write_file;

namespace {

struct Chapter {
  std::string folder;  ///< "01_tensors"
  int number = 0;
  std::string name;   ///< "Tensors"
  std::string brief;  ///< what one builds, from the table of the README
  bool here = false;  ///< not only planned
  Rendered text;
  std::string url() const { return folder + ".html"; }
};

/// A page, before it gets its frame.
struct Page {
  std::string url;                ///< from the top: "solutions/01_tensors/strides.cpp.html"
  std::string title, kind, body;  ///< kind: a class of <body>
  std::string toc;
  std::string top() const {
    std::string up;
    for (std::size_t i = 0; i < static_cast<std::size_t>(std::ranges::count(url, '/')); ++i)
      up += "../";
    return up;
  }
};

std::string read_from(const fs::path& folder, const char* name) { return read_file(folder / name); }

/// The chapters as the top's README lists them: | 01 | [tensors](chapters/…) | what one builds |
/// here |
std::vector<Chapter> find_chapters(const fs::path& root) {
  std::vector<Chapter> chapters;
  for (const std::string& line : lines_of(read_file(root / "README.md"))) {
    std::vector<std::string> cells;
    for (std::size_t at = 0; at < line.size() && line[0] == '|';) {
      const std::size_t end = line.find('|', at + 1);
      if (end == line.npos) break;
      cells.push_back(trimmed(line.substr(at + 1, end - at - 1)));
      at = end;
    }
    if (cells.size() < 3 || cells[0].size() != 2 ||
        cells[0].find_first_not_of("0123456789") != line.npos)
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

class Site {
 public:
  explicit Site(const Sources& sources)
      : sources_(sources),
        book_(sources.root / "book"),
        truth_(sources.root, sources.build),
        exercises_(learn::find_exercises(sources.root)),
        chapters_(find_chapters(sources.root)),
        symbols_(sources.root, exercises_),
        frame_(read_from(book_, "page.html")) {}

  void build() {
    // What the learner has solved is `./learn`'s to say, and stays.
    const fs::path progress = sources_.out / "progress.js";
    const std::string done =
        fs::exists(progress) ? read_file(progress) : "window.BOOK_DONE = [];\n";
    fs::remove_all(sources_.out);
    fs::create_directories(sources_.out / "assets");
    collect_sources();
    copy_assets();
    run_doxygen();
    symbols_.read_tags(scratch() / "tags.xml");
    render_chapters();
    write_chapters();
    write_landing();
    write_api_index();
    finish_api_pages();
    write_sources();
    write_search_index();
    write_file(progress, done);
    fs::remove_all(scratch());
    if (!complaints_.empty()) {
      std::string text = "the book has faults:\n";
      for (const std::string& complaint : complaints_) text += "  " + complaint + "\n";
      throw std::runtime_error(text);
    }
  }

 private:
  fs::path scratch() const { return sources_.out / ".scratch"; }

  void complain(const std::string& what) { complaints_.push_back(what); }

  // ---- What is there
  // --------------------------------------------------------------------------------------------------

  /// Every file of code that has a page.
  void collect_sources() {
    for (const char* folder : {"solutions", "chapters", "common/include/kindling", "common/src"})
      for (const auto& entry : fs::recursive_directory_iterator(sources_.root / folder)) {
        const std::string extension = entry.path().extension();
        if (extension == ".cpp" || extension == ".h" || extension == ".cu")
          files_.insert(fs::relative(entry.path(), sources_.root).string());
      }
    // What learners write is shown as it is before they do, whatever stands there now.
    for (const auto& exercise : exercises_) files_.insert("exercises/" + exercise.file);
  }

  static std::string page_of_source(const std::string& file) { return "code/" + file + ".html"; }

  const Chapter* chapter_of(const std::string& folder) const {
    const auto at = std::ranges::find(chapters_, folder, &Chapter::folder);
    return at == chapters_.end() || !at->here ? nullptr : &*at;
  }

  const learn::Exercise* exercise_of(const std::string& number) const {
    const auto at = std::ranges::find(exercises_, number, &learn::Exercise::number);
    return at == exercises_.end() ? nullptr : &*at;
  }

  static std::string anchor_of(const learn::Exercise& exercise) {
    return slug(exercise.number + " " + exercise.title);
  }

  std::string url_of(const learn::Exercise& exercise) const {
    return exercise.chapter + ".html#" + anchor_of(exercise);
  }

  // ---- Third parties' files, from their packages
  // ------------------------------------------------------------------------

  void copy_assets() {
    const fs::path assets = sources_.out / "assets";
    for (const char* file : {"book.css", "api.css", "book.js"})
      fs::copy_file(book_ / file, assets / file, fs::copy_options::overwrite_existing);
    if (!sources_.katex.empty()) {
      fs::create_directories(assets / "katex/fonts");
      for (const char* file : {"katex.min.js", "katex.min.css"})
        write_file(assets / "katex" / file, read_file(sources_.katex / file));  // they may be links
      for (const auto& font : fs::directory_iterator(sources_.katex / "fonts"))
        if (font.path().extension() == ".woff2")
          write_file(assets / "katex/fonts" / font.path().filename(), read_file(font.path()));
    }
    copy_fonts(assets);
  }

  /// The first of a font's files that some package has: webfonts are smaller.
  std::optional<fs::path> find_font(const std::string& name) const {
    for (const char* extension : {".woff2", ".woff", ".otf", ".ttf"})
      for (const fs::path& folder : sources_.fonts)
        if (fs::exists(folder / (name + extension))) return folder / (name + extension);
    return {};
  }

  void copy_fonts(const fs::path& assets) const {
    struct Face {
      const char *family, *file;
      int weight;
      const char* style;
      const char* range = "";
    };
    // Its plus and minus are spaced as in formulas, "C + + 20": they come from another font.
    constexpr const char* letters =
        " unicode-range: U+0-2A, U+2C-2211, U+2213-221D, U+221F-10FFFF;";
    constexpr const char* signs = " unicode-range: U+2B, U+2212, U+221E;";
    constexpr Face faces[] = {{"Charis SIL", "CharisSIL-Regular", 400, "normal", letters},
                              {"Charis SIL", "CharisSIL-Italic", 400, "italic", letters},
                              {"Charis SIL", "CharisSIL-Bold", 700, "normal", letters},
                              {"Charis SIL", "CharisSIL-BoldItalic", 700, "italic", letters},
                              {"Kindling Signs", "Inter-Regular", 400, "normal", signs},
                              {"Inter", "Inter-Regular", 400, "normal"},
                              {"Inter", "Inter-Medium", 500, "normal"},
                              {"Inter", "Inter-SemiBold", 600, "normal"},
                              {"Inter Display", "InterDisplay-Bold", 700, "normal"},
                              {"JetBrains Mono", "JetBrainsMono-Regular", 400, "normal"},
                              {"JetBrains Mono", "JetBrainsMono-Italic", 400, "italic"},
                              {"JetBrains Mono", "JetBrainsMono-Medium", 600, "normal"}};
    std::string css;
    for (const Face& face : faces) {
      const auto file = find_font(face.file);
      if (!file) continue;
      write_file(assets / "fonts" / file->filename(), read_file(*file));
      css += fmt::format(
          "@font-face {{ font-family: \"{}\"; font-weight: {}; font-style: {}; font-display: swap; "
          "src: url(fonts/{});{} }}\n",
          face.family, face.weight, face.style, file->filename().string(), face.range);
    }
    write_file(assets / "fonts.css", css);
  }

  // ---- Frames
  // -----------------------------------------------------------------------------------------------------------

  /// The list of chapters at the left; `here` is the page's own address.
  std::string sidebar(const std::string& top, const std::string& here) const {
    const auto item = [&](const std::string& url, const std::string& text,
                          const std::string& more) {
      return fmt::format("<li{}><a href=\"{}{}\"{}>{}</a></li>\n", more, top, url,
                         url == here ? " aria-current=\"page\"" : "", text);
    };
    std::string html = "<ol class=\"chapters\">\n";
    for (const Chapter& chapter : chapters_) {
      const std::string text =
          fmt::format("<span class=\"nr\">{}</span>{}", chapter.number, escaped(chapter.name));
      if (chapter.here)
        html += item(chapter.url(), text, fmt::format(" data-chapter=\"{}\"", chapter.number));
      else
        html += "<li class=\"planned\"><span>" + text + "</span></li>\n";
    }
    return html + "</ol>\n<ul class=\"more\">\n" + item("api.html", "API reference", "") +
           "</ul>\n";
  }

  std::string framed(const Page& page) const {
    std::string html = frame_;
    const std::string top = page.top();
    replace_all(html, "{{title}}",
                page.title.empty() ? "Kindling" : escaped(page.title) + " · Kindling");
    replace_all(html, "{{kind}}", page.kind);
    replace_all(html, "{{sidebar}}", sidebar(top, page.url));
    replace_all(html, "{{toc}}", page.toc);
    std::string extra;
    if (page.kind == "api")
      extra = fmt::format("<link rel=\"stylesheet\" href=\"{}assets/api.css\">", top);
    if (page.kind == "chapter" && !sources_.katex.empty())
      extra = fmt::format(
          "<link rel=\"stylesheet\" href=\"{0}assets/katex/katex.min.css\">\n"
          "<script defer src=\"{0}assets/katex/katex.min.js\"></script>",
          top);
    replace_all(html, "{{head}}", extra);
    replace_all(html, "{{top}}", top);
    replace_all(html, "{{content}}", page.body);  // last: it may have braces of its own
    return html;
  }

  void write_page(const Page& page) const { write_file(sources_.out / page.url, framed(page)); }

  // ---- Chapters
  // ---------------------------------------------------------------------------------------------------------

  std::string shown(const std::string& code, const std::string& language,
                    const std::string& top) const {
    return highlighted(code, language, symbols_, top);
  }

  /// What a link of the file in `folder` means in the book.
  std::string resolve(const std::string& address, const fs::path& folder,
                      const std::string& top) const {
    if (address.starts_with("https://") || address.starts_with("http://") ||
        address.starts_with("mailto:"))
      return address;
    if (address.starts_with("#")) return address;
    const std::string path = address.substr(0, address.find('#'));
    const std::string anchor = address.substr(path.size());
    const fs::path target = (folder / path).lexically_normal();
    const std::string name = target.lexically_relative(sources_.root).string();
    if (name == "README.md" || name == ".") return top + "index.html";
    if (files_.contains(name)) return top + page_of_source(name) + anchor;
    if (name.starts_with("chapters/")) {
      std::string chapter = name.substr(9);
      chapter = chapter.substr(0, chapter.find('/'));
      const bool text = name == "chapters/" + chapter || name == "chapters/" + chapter + "/" ||
                        name == "chapters/" + chapter + "/README.md";
      if (text && chapter_of(chapter)) return top + chapter + ".html" + anchor;
    }
    if (fs::is_regular_file(target)) {
      // Anything else of the checkout comes along, so that the book is whole wherever it is taken.
      const fs::path copy = sources_.out / "files" / name;
      write_file(copy, read_file(target));
      return top + "files/" + name;
    }
    throw std::runtime_error("dead link: " + address);
  }

  /// `solutions/01_tensors/strides.cpp`, `strides.cpp`, `row_major_strides`, `Tensor::backward()`.
  std::string resolve_code(const std::string& code, const std::string& folder,
                           const std::string& top) const {
    if (files_.contains(code)) return top + page_of_source(code);
    for (const std::string& place : {"common/include/" + code, "solutions/" + folder + "/" + code,
                                     "solutions/" + code, "common/src/" + code})
      if (code.find('.') != code.npos && files_.contains(place)) return top + page_of_source(place);
    // A word alone may be anybody's variable: only what looks like a name of ours is one.
    const bool type =
        !code.empty() && std::isupper(static_cast<unsigned char>(code[0])) && code.size() > 1;
    if (!type && code.find("::") == code.npos && code.find('_') == code.npos &&
        !code.ends_with("()"))
      return "";
    const Symbol* symbol = symbols_.find(code);
    return symbol ? top + symbol->url : "";
  }

  std::string picture(const std::string& path, const std::string& folder) {
    const fs::path chapter = sources_.root / "chapters" / folder;
    for (const Block& block : blocks_in(read_file(chapter / "README.md"))) {
      if (block.image != path) continue;
      const Figure figure = figure_of(block, chapter, truth_);
      const std::string svg = draw(figure, scratch());
      if (!is_current(figure))
        complain(
            fmt::format("chapters/{}/{} is older than its source: build/reference/book_tool "
                        "update makes it anew",
                        folder, path));
      return svg;
    }
    throw std::runtime_error("there is no picture " + path);
  }

  Surroundings surroundings(const std::string& folder, const std::string& top) {
    return {
        .link =
            [=, this](const std::string& address) {
              return resolve(address, sources_.root / "chapters" / folder, top);
            },
        .code_link = [=, this](const std::string& code) { return resolve_code(code, folder, top); },
        .highlight = [=, this](const std::string& code,
                               const std::string& language) { return shown(code, language, top); },
        .picture = [=, this](const std::string& path) { return picture(path, folder); },
    };
  }

  void render_chapters() {
    for (Chapter& chapter : chapters_) {
      if (!chapter.here) continue;
      const fs::path file = sources_.root / "chapters" / chapter.folder / "README.md";
      try {
        chapter.text = render_markdown(read_file(file), surroundings(chapter.folder, ""));
      } catch (const std::exception& error) {
        complain(fmt::format("chapters/{}/README.md: {}", chapter.folder, error.what()));
      }
      // "1 Tensors"
      if (const std::size_t space = chapter.text.title.find(' '); space != std::string::npos)
        chapter.name = chapter.text.title.substr(space + 1);
      for (const Complaint& complaint : check_chapter(file, truth_, false))
        complain(complaint.place + ": " + complaint.what);
    }
  }

  static std::string toc_of(const Rendered& text) {
    std::string html;
    for (const Heading& heading : text.headings)
      if (heading.level <= 3)
        html += fmt::format("<li class=\"level{}\"><a href=\"#{}\">{}</a></li>\n", heading.level,
                            heading.id, heading.html);
    if (html.empty()) return "";
    return "<nav class=\"toc\" aria-label=\"On this page\"><p>On this page</p><ul>\n" + html +
           "</ul></nav>";
  }

  void write_chapters() {
    std::vector<const Chapter*> here;
    for (const Chapter& chapter : chapters_)
      if (chapter.here) here.push_back(&chapter);
    for (std::size_t i = 0; i < here.size(); ++i) {
      const Chapter& chapter = *here[i];
      std::string body = fmt::format(
          "<header class=\"title\"><p class=\"chapter-number\">Chapter "
          "{}</p><h1>{}</h1></header>\n{}",
          chapter.number, escaped(chapter.name), with_answers(chapter.text.html, chapter));
      body += "<nav class=\"prevnext\" aria-label=\"Chapters\">";
      body += i == 0 ? "<a class=\"prev\" rel=\"prev\" "
                       "href=\"index.html\"><small>Previous</small>The book</a>"
                     : neighbour(*here[i - 1], "prev", "Previous");
      body += i + 1 == here.size() ? "<a class=\"next\" rel=\"next\" "
                                     "href=\"api.html\"><small>Next</small>API reference</a>"
                                   : neighbour(*here[i + 1], "next", "Next");
      body += "</nav>\n";
      write_page({chapter.url(), fmt::format("{} {}", chapter.number, chapter.name), "chapter",
                  body, toc_of(chapter.text)});
      index_sections(chapter);
    }
  }

  static std::string neighbour(const Chapter& chapter, const char* kind, const char* word) {
    return fmt::format("<a class=\"{0}\" rel=\"{0}\" href=\"{1}\"><small>{2}</small>{3} {4}</a>",
                       kind, chapter.url(), word, chapter.number, escaped(chapter.name));
  }

  /// Below the hints of each exercise: where to write, how to be judged, and the answer.
  std::string with_answers(std::string html, const Chapter& chapter) {
    for (const learn::Exercise& exercise : exercises_) {
      if (exercise.chapter != chapter.folder) continue;
      const std::string mark = "data-exercise=\"" + exercise.number + "\"";
      const std::size_t at = html.find(mark);
      if (at == html.npos) {
        complain(fmt::format("chapters/{}/README.md: expected a section for exercise {}",
                             chapter.folder, exercise.number));
        continue;
      }
      const std::size_t end = html.find("</section>", at);
      html.insert(end, fmt::format("<p class=\"card-foot\"><a href=\"{}\">What you are given</a>"
                                   "<code>./learn test {}</code><a class=\"answer\" "
                                   "href=\"{}\">The reference</a></p>\n",
                                   page_of_source("exercises/" + exercise.file), exercise.number,
                                   page_of_source("solutions/" + exercise.file)));
    }
    return html;
  }

  // ---- The landing page
  // -------------------------------------------------------------------------------------------------

  void write_landing() {
    std::string html = read_from(book_, "landing.html");
    std::string layers, table;
    for (const Chapter& chapter : chapters_) {
      const std::string state = chapter.here ? "" : " planned";
      const std::string number = fmt::format("<span class=\"nr\">{:02}</span>", chapter.number);
      const std::string open =
          chapter.here ? fmt::format("<a href=\"{}\">", chapter.url()) : "<div>";
      const std::string close = chapter.here ? "</a>" : "</div>";
      layers = fmt::format("<li class=\"layer l{}{}\" style=\"--i:{}\">{}{}<b>{}</b>{}</li>\n",
                           chapter.number, state, chapter.number, open, number,
                           escaped(chapter.name), close) +
               layers;  // the first at the bottom
      std::size_t count = 0;
      for (const auto& exercise : exercises_) count += exercise.chapter == chapter.folder;
      table += fmt::format(
          "<li class=\"card{}\" data-chapter=\"{}\" data-exercises=\"{}\">{}{}<h3>{}</h3><p>{}</p>"
          "<p class=\"count\">{}</p>{}</li>\n",
          state, chapter.number, count, open, number, escaped(chapter.name),
          sentence(chapter.brief),
          chapter.here ? fmt::format("{} exercises", count) : std::string("to come"), close);
    }
    replace_all(html, "{{layers}}", layers);
    replace_all(html, "{{chapters}}", table);
    replace_all(html, "{{exercises}}", std::to_string(exercises_.size()));
    // <!-- code: FILE PART --> is that code.
    const std::string mark = "<!-- code:";
    for (std::size_t at = html.find(mark); at != html.npos; at = html.find(mark, at)) {
      const std::size_t end = html.find("-->", at);
      Block block;
      block.source = trimmed(html.substr(at + mark.size(), end - at - mark.size()));
      const Origin origin = origin_of(block);
      std::string code;
      try {
        code = shown(truth_.code(block), "cpp", "");
      } catch (const std::exception& error) {
        complain(fmt::format("book/landing.html: {}: {}", block.source, error.what()));
      }
      while (code.ends_with('\n')) code.pop_back();
      html.replace(at, end + 3 - at,
                   fmt::format("<figure class=\"code cpp\"><figcaption><a href=\"{}\">{}</a>"
                               "</figcaption><pre tabindex=\"0\"><code>{}</code></pre></figure>",
                               page_of_source(origin.file), origin.file, code));
    }
    write_page({"index.html", "", "landing", html, ""});
  }

  static std::string sentence(std::string text) {
    const std::string first = text.substr(0, text.find_first_of(" ,"));
    if (first.find('_') != first.npos) return escaped(text);  // state_dict
    if (!text.empty())
      text[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(text[0])));
    return escaped(text);
  }

  // ---- The API reference
  // ------------------------------------------------------------------------------------------------

  void run_doxygen() {
    const Page page{"api/page.html", "\1", "api", "\2", ""};
    std::string html = framed(page);
    replace_all(html, "$", "&#36;");  // Doxygen replaces what begins with a dollar
    replace_all(html, "\1", "$title");
    const std::size_t content = html.find('\2');
    write_file(scratch() / "header.html",
               html.substr(0, content) +
                   "<div class=\"doxygen\"><div id=\"top\"><!-- closed by Doxygen -->\n");
    write_file(scratch() / "footer.html", "</div>\n" + html.substr(content + 1));
    std::string options = read_from(book_, "Doxyfile.in");
    replace_all(options, "@SOURCE@", sources_.root.string());
    replace_all(options, "@SCRATCH@", scratch().string());
    replace_all(options, "@OUT@", sources_.out.string());
    write_file(scratch() / "Doxyfile", options);
    const learn::Outcome outcome =
        learn::capture({.arguments = {sources_.doxygen.string(), (scratch() / "Doxyfile").string()},
                        .folder = sources_.root});
    for (const std::string& line : lines_of(outcome.output))
      if (!trimmed(line).empty()) complain("doxygen: " + line);
    if (outcome.status != 0)
      throw std::runtime_error("doxygen ended with " + learn::describe_status(outcome.status) +
                               "\n" + outcome.output);
  }

  /// "Built in chapter 2, exercise 2.4 · yours · the reference", from a page of the API.
  std::string built_in(const std::string& name) const {
    const Home* home = symbols_.home(name);
    if (!home) return "";
    std::string html = "<p class=\"built\">";
    if (const learn::Exercise* exercise = exercise_of(home->exercise)) {
      html +=
          fmt::format("<a href=\"../{}\">Exercise {}: {}</a> <a href=\"../{}\">exercises/{}</a> ",
                      url_of(*exercise), exercise->number, escaped(exercise->title),
                      page_of_source("exercises/" + exercise->file), exercise->file);
    } else if (home->file.starts_with("solutions/")) {
      const std::string folder = home->file.substr(10, home->file.find('/', 10) - 10);
      if (const Chapter* chapter = chapter_of(folder))
        html += fmt::format("<a href=\"../{}\">Chapter {}: {}</a> ", chapter->url(),
                            chapter->number, escaped(chapter->name));
    }
    return html +
           fmt::format("<a href=\"../{}\">{}</a></p>", page_of_source(home->file), home->file);
  }

  /// A type is built where its first member is that has a body in a chapter.
  std::string first_member_built(const std::string& type) const {
    for (const Symbol& symbol : symbols_.all()) {
      if (!symbol.name.starts_with(type + "::")) continue;
      const Home* home = symbols_.home(symbol.name);
      if (home && home->file.starts_with("solutions/")) return symbol.name;
    }
    return type;
  }

  void finish_api_pages() {
    std::map<std::string, std::map<std::string, const Symbol*>> members;  // by page and anchor
    for (const Symbol& symbol : symbols_.all())
      if (const std::size_t hash = symbol.url.find('#'); hash != std::string::npos)
        members[symbol.url.substr(0, hash)][symbol.url.substr(hash + 1)] = &symbol;
    for (const auto& entry : fs::directory_iterator(sources_.out / "api")) {
      const std::string extension = entry.path().extension();
      if (extension == ".js" || extension == ".map" || extension == ".md5")
        fs::remove(entry.path());
      if (extension != ".html") continue;
      const std::string url = "api/" + entry.path().filename().string();
      std::string html = read_file(entry.path());
      for (const auto& [anchor, symbol] : members[url]) {
        const std::size_t at = html.find("<a id=\"" + anchor + "\"");
        std::size_t doc = html.find("<div class=\"memdoc\">", at);
        if (at == html.npos || doc == html.npos) continue;
        const std::size_t body = doc + std::string("<div class=\"memdoc\">").size();
        const std::size_t end = html.find("</div><!-- ", body);
        const std::string text =
            plain_text(html.substr(body, std::min(end, html.find("<h2", body)) - body));
        const bool first = indexed_.insert(symbol->name).second;
        if (first) add_to_index(symbol->url, "API", symbol->name, text);
        html.insert(body, built_in(symbol->name));
      }
      // Links to sections that Doxygen does not always write.
      if (const std::size_t summary = html.find("<div class=\"summary\">"); summary != html.npos)
        html.erase(summary, html.find("</div>", summary) + 6 - summary);
      const std::size_t title = html.find("<div class=\"title\">");
      for (const Symbol& symbol : symbols_.all())
        if (symbol.url == url && title != html.npos) {
          const std::size_t from = html.find("<div class=\"contents\">");
          std::string text;
          if (const std::size_t more = html.find("<h2 class=\"groupheader\">Detailed", from);
              more != html.npos)
            text = plain_text(html.substr(more, html.find("<h2", more + 10) - more));
          if (from != html.npos)
            html.insert(from + std::string("<div class=\"contents\">").size(),
                        built_in(first_member_built(symbol.name)));
          add_to_index(url, "API", symbol.name, text);
        }
      write_file(entry.path(), html);
    }
  }

  /// The public headers in the order of the chapters that need them, with what each declares.
  void write_api_index() {
    std::string html =
        "<header class=\"title\"><p class=\"chapter-number\">Reference</p><h1>API "
        "reference</h1></header>\n"
        "<p class=\"lead\">Every public name, by the header that declares it. Each has a link to "
        "the "
        "chapter that builds it, and to its files.</p>\n";
    std::string toc;
    for (const auto& file : files_) {
      const std::string folder = "common/include/kindling/";
      if (!file.starts_with(folder)) continue;
      const std::string header = file.substr(folder.size());
      std::map<std::string, std::string> links;  // each name once, in order
      std::set<std::string> names;
      for (const Declaration& declaration : declarations_in(read_file(sources_.root / file))) {
        if (!declaration.within.empty()) continue;
        std::string name = function_name(declaration.head);
        for (const char* kind : {"struct ", "class ", "enum class ", "enum "})
          if (const std::size_t at = declaration.head.find(kind);
              name.empty() && at != std::string::npos)
            name = declaration.head.substr(at + std::string(kind).size());
        name = name.substr(0, name.find_first_of(" :"));
        if (name.empty() || !names.insert(name).second) continue;
        if (const Symbol* symbol = symbols_.find(name)) links[name] = symbol->url;
      }
      if (links.empty()) continue;
      const std::string id = slug(header);
      html += fmt::format(
          "<h2 id=\"{0}\"><a href=\"{2}\"><code>kindling/{1}</code></a><a class=\"anchor\" "
          "href=\"#{0}\" aria-label=\"Link to this section\">#</a></h2>\n<ul class=\"names\">",
          id, header, page_of_source(file));
      toc += fmt::format("<li class=\"level2\"><a href=\"#{}\">{}</a></li>\n", id, header);
      for (const auto& [name, url] : links)
        html += fmt::format("<li><a href=\"{}\"><code>{}</code></a></li>\n", url, escaped(name));
      html += "</ul>\n";
    }
    write_page({"api.html", "API reference", "apiindex", html,
                "<nav class=\"toc\" aria-label=\"On this page\"><p>Headers</p><ul>\n" + toc +
                    "</ul></nav>"});
  }

  // ---- Files
  // ------------------------------------------------------------------------------------------------------------

  void write_sources() {
    for (const std::string& file : files_) {
      const bool stub = file.starts_with("exercises/");
      std::string code =
          stub ? kindling::carve::carve(read_file(sources_.root / "solutions" / file.substr(10)))
                     .text
               : read_file(sources_.root / file);
      Page page{page_of_source(file), file, "source", "", ""};
      std::string lines;
      int number = 0;
      for (const std::string& line : lines_of(shown(code, "cpp", page.top())))
        lines +=
            fmt::format("<a class=\"ln\" id=\"L{0}\" href=\"#L{0}\">{0}</a>{1}\n", ++number, line);
      std::string links;
      for (const learn::Exercise& exercise : exercises_) {
        if (file != "exercises/" + exercise.file && file != "solutions/" + exercise.file) continue;
        links = fmt::format(
            "<p class=\"built\"><a href=\"{0}{1}\">Exercise {2}: {3}</a> <a "
            "href=\"{0}{4}\">{5}</a></p>\n",
            page.top(), url_of(exercise), exercise.number, escaped(exercise.title),
            page_of_source((stub ? "solutions/" : "exercises/") + exercise.file),
            stub ? "The reference" : "What you are given");
      }
      page.body = fmt::format(
          "<header class=\"title\"><p class=\"chapter-number\">{}</p><h1>{}</h1></header>\n{}"
          "<figure class=\"code cpp source\"><pre tabindex=\"0\"><code>{}</code></pre></figure>\n",
          fs::path(file).parent_path().string(), fs::path(file).filename().string(), links, lines);
      write_page(page);
    }
  }

  // ---- Search
  // -----------------------------------------------------------------------------------------------------------

  void add_to_index(const std::string& url, const std::string& page, const std::string& heading,
                    const std::string& text) {
    index_ += fmt::format("[{},{},{},{}],\n", js_string(url), js_string(page), js_string(heading),
                          js_string(text));
  }

  void index_sections(const Chapter& chapter) {
    const std::string page = fmt::format("{} {}", chapter.number, chapter.name);
    std::string html = chapter.text.html;
    // A formula's source is nothing that one reads, and side notes stand at the end once more.
    for (const auto& [from, to] :
         {std::pair{"<span class=\"sidenote\"", "</span>"}, std::pair{"<svg", "</svg>"},
          std::pair{"<a class=\"anchor\"", "</a>"}})
      for (std::size_t at = html.find(from); at != html.npos; at = html.find(from, at)) {
        const std::size_t end = html.find(to, at);
        html.erase(at, end == html.npos ? html.npos : end + std::string(to).size() - at);
      }
    std::size_t at = 0;
    std::string url = chapter.url(), heading;
    const auto next = [&](std::size_t from) {
      const std::size_t h2 = html.find("<h2 id=\"", from), h3 = html.find("<h3 id=\"", from);
      return std::min(h2, h3);
    };
    while (at < html.size()) {
      const std::size_t end = std::min(next(at), html.size());
      const std::string text = plain_text(html.substr(at, end - at));
      if (!text.empty() || !heading.empty()) add_to_index(url, page, heading, text);
      if (end == html.size()) break;
      const std::size_t id = end + 8;
      url = chapter.url() + "#" + html.substr(id, html.find('"', id) - id);
      const std::size_t close = html.find("</h", end);
      heading = plain_text(html.substr(end, close - end));
      at = close + 5;
    }
  }

  void write_search_index() const {
    write_file(sources_.out / "search.js", "window.BOOK_INDEX = [\n" + index_ + "];\n");
  }

  Sources sources_;
  fs::path book_;
  Truth truth_;
  std::vector<learn::Exercise> exercises_;
  std::vector<Chapter> chapters_;
  Symbols symbols_;
  std::string frame_, index_;
  std::set<std::string> files_, indexed_;
  std::vector<std::string> complaints_;
};

}  // namespace

void build_book(const Sources& sources) { Site(sources).build(); }

}  // namespace book
