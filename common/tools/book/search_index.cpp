#include "tools/book/search_index.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "tools/book/html.h"

namespace book {

void SearchIndex::add(Kind kind, const std::string& url, const std::string& page,
                      const std::string& heading, const std::string& text) {
  constexpr const char* names[] = {"guide", "chapter", "api"};
  entries_ += fmt::format("[\"{}\",{},{},{},{}],\n", names[static_cast<int>(kind)], js_string(url),
                          js_string(page), js_string(heading), js_string(text));
}

/// Erases every element that begins with `opening`, "<div class=\"math", with all that is in it.
static void erase_elements(std::string& html, const std::string& opening) {
  const std::string tag = opening.substr(0, opening.find(' ')), close = "</" + tag.substr(1) + ">";
  for (std::size_t at = html.find(opening); at != html.npos; at = html.find(opening, at)) {
    std::size_t end = at + opening.size();
    for (int depth = 1; depth > 0 && end < html.size();) {
      const std::size_t next = std::min(html.find(close, end), html.size());
      const std::size_t inner = html.find(tag, end);
      depth += inner < next ? 1 : -1;
      end = inner < next ? inner + tag.size() : std::min(next + close.size(), html.size());
    }
    html.erase(at, end - at);
  }
}

void SearchIndex::add_sections(Kind kind, const std::string& url, const std::string& page,
                               std::string html) {
  erase_elements(html, "<details");  // who searches for an exercise has not asked for its hints
  erase_elements(html, "<span class=\"sidenote\"");  // they stand at the end once more
  erase_elements(html, "<div class=\"math");
  erase_elements(html, "<svg");
  erase_elements(html, "<a class=\"anchor\"");

  const std::string heading_begins[] = {"<h2 id=\"", "<h3 id=\""};
  std::string section = url, heading;
  for (std::size_t at = 0; at < html.size();) {
    const std::size_t next =
        std::min({html.find(heading_begins[0], at), html.find(heading_begins[1], at), html.size()});
    const std::string text = plain_text(html.substr(at, next - at));
    if (!text.empty() || !heading.empty()) add(kind, section, page, heading, text);
    if (next == html.size()) break;
    const std::size_t id = next + heading_begins[0].size();
    section = url + "#" + html.substr(id, html.find('"', id) - id);
    const std::size_t close = html.find("</h", next);
    heading = plain_text(html.substr(next, close - next));
    at = close + std::string("</h2>").size();
  }
}

}  // namespace book
