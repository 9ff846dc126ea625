#include "tools/book/search_index.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "tools/book/html.h"

namespace book {

void SearchIndex::add(const std::string& url, const std::string& page, const std::string& heading,
                      const std::string& text) {
  entries_ += fmt::format("[{},{},{},{}],\n", js_string(url), js_string(page), js_string(heading),
                          js_string(text));
}

static void erase_all(std::string& html, const std::string& from, const std::string& to) {
  for (std::size_t at = html.find(from); at != html.npos; at = html.find(from, at)) {
    const std::size_t end = html.find(to, at);
    html.erase(at, end == html.npos ? html.npos : end + to.size() - at);
  }
}

void SearchIndex::add_sections(const std::string& url, const std::string& page, std::string html) {
  erase_all(html, "<span class=\"sidenote\"", "</span>");  // they stand at the end once more
  erase_all(html, "<svg", "</svg>");
  erase_all(html, "<a class=\"anchor\"", "</a>");

  const std::string heading_begins[] = {"<h2 id=\"", "<h3 id=\""};
  std::string section = url, heading;
  for (std::size_t at = 0; at < html.size();) {
    const std::size_t next =
        std::min({html.find(heading_begins[0], at), html.find(heading_begins[1], at), html.size()});
    const std::string text = plain_text(html.substr(at, next - at));
    if (!text.empty() || !heading.empty()) add(section, page, heading, text);
    if (next == html.size()) break;
    const std::size_t id = next + heading_begins[0].size();
    section = url + "#" + html.substr(id, html.find('"', id) - id);
    const std::size_t close = html.find("</h", next);
    heading = plain_text(html.substr(next, close - next));
    at = close + std::string("</h2>").size();
  }
}

}  // namespace book
