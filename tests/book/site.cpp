/// The book as it is built: without a warning, a dead link or a load from the network; and the
/// Markdown that it is made of.
#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <map>
#include <set>

#include "tools/book/figures.h"
#include "tools/book/html.h"
#include "tools/book/markdown.h"
#include "tools/exercises.h"
#include "tools/process.h"

namespace fs = std::filesystem;
using learn::read_file;

namespace {

const fs::path root = KINDLING_SOURCE_DIR;
const fs::path built = fs::path(KINDLING_BINARY_DIR) / "tests/book";

std::string rendered(const std::string& text) {
  return book::render_markdown(
             text, {.link = [](const std::string& a) { return a; },
                    .code_link = [](const std::string&, const std::string&) { return std::string(); },
                    .highlight = [](const std::string& code,
                                    const std::string&) { return book::escaped(code); },
                    .picture = [](const std::string& path) { return "<svg>" + path + "</svg>"; }})
      .html;
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != text.npos;
}

/// The values of an attribute in a page, such as every href.
std::vector<std::string> values(const std::string& html, const std::string& attribute) {
  std::vector<std::string> found;
  for (std::size_t at = html.find(attribute + "=\""); at != html.npos;
       at = html.find(attribute + "=\"", at + 1)) {
    if (at > 0 && html[at - 1] != ' ' && html[at - 1] != '\n' && html[at - 1] != ':') continue;
    const std::size_t from = at + attribute.size() + 2;
    std::string value = html.substr(from, html.find('"', from) - from);
    book::replace_all(value, "&amp;", "&");
    found.push_back(value);
  }
  return found;
}

struct Site {
  std::map<std::string, std::string> pages;  // by path
  std::map<std::string, std::set<std::string>> anchors;
};

const Site& site() {
  static const Site read = [] {
    Site s;
    for (const auto& entry : fs::recursive_directory_iterator(built))
      if (entry.path().extension() == ".html") {
        const std::string name = fs::relative(entry.path(), built).string();
        const std::string html = s.pages[name] = read_file(entry.path());
        for (const char* attribute : {"id", "name"})
          for (const std::string& id : values(html, attribute)) s.anchors[name].insert(id);
      }
    return s;
  }();
  return read;
}

}  // namespace

TEST_CASE("the book builds, without a fault, within a minute") {
  const auto start = std::chrono::steady_clock::now();
  const std::string command =
      std::string(KINDLING_BUILD_BOOK) + " --out " + built.string() + " 2>&1";
  const learn::Outcome outcome =
      learn::capture({.arguments = {"sh", "-c", command}, .folder = root});
  REQUIRE_MESSAGE(outcome.status == 0, outcome.output);
  CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(60));
  CHECK(site().pages.size() > 100);
}

TEST_CASE("no dead links, no missing anchors, nothing from the network") {
  for (const auto& [name, html] : site().pages) {
    for (const char* attribute : {"href", "src", "data", "srcset"})
      for (const std::string& address : values(html, attribute)) {
        const bool away = address.starts_with("http:") || address.starts_with("https:") ||
                          address.starts_with("//");
        if (away) {
          // A link waits until somebody follows it; everything else is loaded.
          const std::size_t at = html.find(std::string(attribute) + "=\"" + address);
          const std::size_t tag = html.rfind('<', at);
          CHECK_MESSAGE((std::string(attribute) == "href" && html.compare(tag, 3, "<a ") == 0),
                        name << " loads " << address);
          continue;
        }
        if (address.starts_with("data:") || address.starts_with("mailto:") || address == "#")
          continue;
        const std::string path = address.substr(0, address.find('#'));
        const std::string anchor =
            path.size() < address.size() ? address.substr(path.size() + 1) : "";
        const std::string target =
            path.empty() ? name : (fs::path(name).parent_path() / path).lexically_normal().string();
        if (!fs::exists(built / target)) {
          FAIL_CHECK(name << " links to " << address << ", which is not there");
          continue;
        }
        if (!anchor.empty() && site().pages.contains(target))
          CHECK_MESSAGE(site().anchors.at(target).contains(anchor),
                        name << " links to " << address << ", which has no such anchor");
      }
  }
  for (const auto& entry : fs::recursive_directory_iterator(built / "assets"))
    if (entry.path().extension() == ".css") {
      const std::string css = read_file(entry.path());
      CHECK_FALSE(contains(css, "url(http"));
      CHECK_FALSE(contains(css, "@import"));
    }
}

TEST_CASE("every chapter is there, with its exercises, its files and its neighbours") {
  std::string before;
  for (const auto& exercise : learn::find_exercises(root)) {
    const std::string page = exercise.chapter + ".html";
    REQUIRE(site().pages.contains(page));
    const std::string& html = site().pages.at(page);
    CHECK_MESSAGE(contains(html, "data-exercise=\"" + exercise.number + "\""), exercise.number);
    CHECK(site().pages.contains("code/exercises/" + exercise.file + ".html"));
    CHECK(site().pages.contains("code/solutions/" + exercise.file + ".html"));
    // What is shown as given is the stub, also after somebody has solved it.
    const std::string& stub = site().pages.at("code/exercises/" + exercise.file + ".html");
    CHECK((contains(stub, "NotImplemented") || contains(stub, "not_implemented")));
    if (exercise.chapter != before && !before.empty()) {
      CHECK(contains(html, "rel=\"prev\" href=\"" + before + ".html\""));
      CHECK(contains(site().pages.at(before + ".html"), "rel=\"next\" href=\"" + page + "\""));
    }
    before = exercise.chapter;
  }
}

TEST_CASE("the reference leads to where a function is built") {
  const std::string& tensor = site().pages.at("api/classkindling_1_1Tensor.html");
  CHECK(contains(tensor, "02_autograd.html#24-"));
  CHECK(contains(tensor, "code/exercises/02_autograd/backward.cpp.html"));
  CHECK(contains(tensor, "code/solutions/02_autograd/backward.cpp.html"));
}

TEST_CASE("GitHub's Markdown") {
  CHECK(rendered("# 1 Title\n\n## What *PyTorch* really does\n") ==
        "<h2 id=\"what-pytorch-really-does\">What <em>PyTorch</em> really does<a class=\"anchor\" "
        "href=\"#what-pytorch-really-does\" aria-label=\"Link to this section\">#</a></h2>\n");
  CHECK(contains(rendered("> [!WARNING]\n> Mind *this*.\n"),
                 "<div class=\"admonition warning\"><p "
                 "class=\"admonition-title\">Warning</p>\n<p>Mind <em>this</em>.</p>\n</div>"));
  CHECK(contains(rendered("A note[^a] here.\n\n[^a]: Said `so`.\n"),
                 "<li id=\"note-1\">Said <code>so</code>. <a href=\"#ref-1\""));
  CHECK(contains(rendered("In $a_b + c_d$ and\n\n$$\nx_1\n$$\n"),
                 "<span class=\"math\">a_b + c_d</span>"));
  CHECK(contains(rendered("$$\nx_1\n$$\n"), "<div class=\"math display\">"));
  CHECK(contains(rendered("```math\n\\sum x\n```\n"), "<div class=\"math display\">\\sum x"));
  CHECK(contains(rendered("| | a\\|b |\n|---|--:|\n| `x` | 1 |\n"), "<td class=\"right\">1</td>"));
  CHECK_FALSE(contains(rendered("| | |\n|---|---|\n| x | 1 |\n"), "<thead>"));
  // Lines are broken behind a sign, and long names behind their parts.
  CHECK(rendered("a = b\n") == "<p>a&#160;= b</p>\n");
  CHECK(contains(rendered("`nn::Linear::forward_all`"), "nn::<wbr>Linear::<wbr>forward_<wbr>all"));
  CHECK(contains(rendered("`1 - *y`"), "<code class=\"whole\">1 - *y</code>"));
  CHECK(rendered("\"So\" it's `\"code\"`.\n") ==
        "<p>“So” it’s <code>&quot;code&quot;</code>.</p>\n");
  CHECK(rendered("![A *row*](figures/x.svg)\n") ==
        "<figure><svg>figures/x.svg</svg><figcaption>A <em>row</em></figcaption></figure>\n");
  const std::string card = rendered(
      "## Exercises\n\n### 1.2 Shapes\n\nDo.\n\n<details><summary>Hint 1: which "
      "idea</summary>\n\nAn "
      "*idea*.\n\n</details>\n\n## Then\n");
  CHECK(
      contains(card, "<section class=\"exercise\" data-exercise=\"1.2\">\n<h3 id=\"12-shapes\">"));
  CHECK(contains(card, "<details class=\"hint\"><summary><b>Hint 1</b> which idea</summary>"));
  CHECK(contains(card, "<p>An <em>idea</em>.</p>\n</details></section>\n<h2 id=\"then\">"));
  const std::string code = rendered("<!-- code: a.cpp f -->\n```cpp\nx < y;\n```\n");
  CHECK(contains(code, "<figcaption><a href=\"\">a.cpp</a></figcaption>"));
  CHECK(contains(code, "<code>x &lt; y;</code>"));
  CHECK_FALSE(contains(code, "<!--"));
  CHECK_THROWS_WITH(rendered("Here[^none].\n"), doctest::Contains("no footnote [^none]"));
}

TEST_CASE("pictures are drawn of their sources, and know when these have changed") {
  const fs::path folder = fs::path(KINDLING_BINARY_DIR) / "tests/book_figures";
  learn::write_file(folder / "figures/g.dot", "digraph { a -> b [color=\"#1f6feb\"] }");
  learn::write_file(folder / "figures/p.gp", "plot [0:1] x title 'x'");
  book::Truth truth(root, KINDLING_BINARY_DIR);
  for (const char* name : {"g", "p"}) {
    book::Block block;
    block.image = std::string("figures/") + name + ".svg";
    const book::Figure figure = book::figure_of(block, folder, truth);
    const std::string svg = book::draw(figure, folder / "scratch");
    CHECK(svg.starts_with("<svg"));
    CHECK(contains(svg, "var(--blue)"));
    CHECK_FALSE(contains(svg, "black"));
    learn::write_file(figure.picture, book::standing_alone(figure, svg));
    CHECK(book::is_current(figure));
    CHECK(contains(read_file(figure.picture), "prefers-color-scheme: dark"));
  }
  learn::write_file(folder / "figures/g.dot", "digraph { a -> c }");
  book::Block block;
  block.image = "figures/g.svg";
  CHECK_FALSE(book::is_current(book::figure_of(block, folder, truth)));
  block.image = "figures/none.svg";
  CHECK_THROWS_WITH(book::figure_of(block, folder, truth), doctest::Contains("has no source"));
}
