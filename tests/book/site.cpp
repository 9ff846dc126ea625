/// The book as it is built: without a warning, a dead link or a load from the network; and the
/// Markdown that it is made of.
#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <map>
#include <set>

#include "tools/book/figures.h"
#include "tools/book/html.h"
#include "tools/book/links.h"
#include "tools/book/markdown.h"
#include "tools/book/repository.h"
#include "tools/exercises.h"
#include "tools/process.h"

namespace fs = std::filesystem;
using learn::read_file;

namespace {

const fs::path root = KINDLING_SOURCE_DIR;
const fs::path built = fs::path(KINDLING_BINARY_DIR) / "tests/book";

std::string rendered(const std::string& text) {
  return book::render_markdown(
             text,
             {.link = [](const std::string& a) { return a; },
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

/// The chips of a type's page in the API that say where it is built.
static std::string origin_of_type(const std::string& page) {
  const std::string& html = site().pages.at("api/" + page);
  const std::size_t at = html.find("<div class=\"contents\">");
  REQUIRE(at != html.npos);
  const std::size_t chips = html.find("<p class=\"built\">", at);
  return book::plain_text(html.substr(chips, html.find("</p>", chips) - chips));
}

TEST_CASE("the reference leads to where a function is built") {
  const std::string& tensor = site().pages.at("api/classkindling_1_1Tensor.html");
  CHECK(contains(tensor, "02_autograd.html#24-"));
  CHECK(contains(tensor, "code/exercises/02_autograd/backward.cpp.html"));
  CHECK(contains(tensor, "code/solutions/02_autograd/backward.cpp.html"));
}

TEST_CASE("each name of the reference belongs to the chapter that builds it") {
  struct Expected {
    const char *page, *chapter;
  };
  for (const auto& [page, chapter] :
       {Expected{"classkindling_1_1Tensor.html", "Chapter 1: Tensors common/include"},
        Expected{"classkindling_1_1Generator.html", "Chapter 1: Tensors"},
        Expected{"structkindling_1_1Layout.html", "Chapter 1: Tensors"},
        Expected{"structkindling_1_1Node.html", "Chapter 2: Autograd"},
        Expected{"classkindling_1_1nn_1_1Module.html", "Chapter 3: Modules"},
        Expected{"classkindling_1_1nn_1_1Linear.html", "Chapter 3: Modules"},
        Expected{"structkindling_1_1nn_1_1CrossEntropyLoss.html", "Chapter 4: Training"},
        Expected{"classkindling_1_1optim_1_1Adam.html", "Chapter 4: Training"},
        Expected{"classkindling_1_1data_1_1DataLoader.html", "Chapter 5: Data"},
        Expected{"structkindling_1_1Checkpoint.html", "Chapter 6: Saving"},
        Expected{"classkindling_1_1cuda_1_1Stream.html", "Chapter 7: GPU"},
        Expected{"classkindling_1_1nn_1_1DistributedDataParallel.html", "Chapter 8: Distributed"}})
    CHECK_MESSAGE(origin_of_type(page).starts_with(chapter), std::string(page)
                                                                 << ": " << origin_of_type(page));
  // Every type that Doxygen knows says where it comes from.
  for (const auto& [name, html] : site().pages)
    if (name.starts_with("api/class") || name.starts_with("api/struct"))
      if (contains(html, "<div class=\"title\">") && !contains(name, "-members") &&
          name != "api/classes.html")
        CHECK_MESSAGE(contains(html, "<p class=\"built\">"), name);
}

TEST_CASE("a file that is named alone is the one beside the path before it") {
  const std::string& gpu = site().pages.at("07_gpu.html");
  const std::size_t table = gpu.find("id=\"where-things-are\"");
  REQUIRE(table != gpu.npos);
  CHECK(contains(gpu.substr(table), "href=\"code/common/src/cuda/reduce.cu.html\""));
  CHECK(contains(gpu.substr(table), "href=\"code/solutions/07_gpu/reduce.cu.html\""));
  book::Sources sources;
  sources.root = root;
  const book::Book all(sources);
  CHECK(book::resolved_file(all, "reduce.cu", "common/src/cuda/map.cu").file ==
        "common/src/cuda/reduce.cu");
  CHECK(book::resolved_file(all, "reduce.cu", "solutions/07_gpu/map.cu").file ==
        "solutions/07_gpu/reduce.cu");
  CHECK(book::resolved_file(all, "strides.cpp", "").file == "solutions/01_tensors/strides.cpp");
  CHECK(book::resolved_file(all, "kindling/shape.h", "").file == "common/include/kindling/shape.h");
  CHECK(book::resolved_file(all, "function.h", "").file.empty());  // PyTorch's
  const book::FileName unclear = book::resolved_file(all, "reduce.cu", "");
  CHECK(unclear.file.empty());
  CHECK(unclear.candidates ==
        std::vector<std::string>{"common/src/cuda/reduce.cu", "solutions/07_gpu/reduce.cu"});
  const fs::path text = fs::path(KINDLING_BINARY_DIR) / "tests/book_unclear.md";
  learn::write_file(text,
                    "# 1 T\n\n`common/src/cuda/map.cu`, `reduce.cu`.\n\nThen `reduce.cu`.\n\n"
                    "| a | b |\n|---|---|\n| `solutions/07_gpu/map.cu` | `matmul.cu` |\n");
  const auto faults = book::unclear_files(all, text);
  REQUIRE(faults.size() == 2);
  CHECK(faults[0] ==
        "`reduce.cu` may be common/src/cuda/reduce.cu or solutions/07_gpu/reduce.cu: expected its "
        "folder, too");
  CHECK(faults[1].starts_with("`matmul.cu` may be "));
  for (const auto& entry : fs::directory_iterator(root / "chapters"))
    for (const std::string& fault : book::unclear_files(all, entry.path() / "README.md"))
      FAIL_CHECK(entry.path().string() << ": " << fault);
}

TEST_CASE("the search knows no hints") {
  const std::string index = read_file(built / "search.js");
  CHECK_FALSE(contains(index, "Hint 1"));
  for (const auto& exercise : learn::find_exercises(root))
    for (const std::string& hint : exercise.hints) {
      const std::string text = book::plain_text(rendered(hint));
      REQUIRE(text.size() > 10);
      const std::string shown = book::js_string(text.substr(0, 60));
      CHECK_MESSAGE(!contains(index, shown.substr(1, shown.size() - 2)),
                    exercise.number << ": " << text);
    }
  book::SearchIndex small;
  small.add_sections(
      book::SearchIndex::Kind::chapter, "p.html", "P",
      "<p>one</p><h2 id=\"a\">A &amp; B<a class=\"anchor\" href=\"#a\">#</a></h2><p>two"
      "<span class=\"sidenote\"><b>1</b> <span>x</span> y</span> three &mdash; &#8230;"
      "</p><details><summary>s</summary><details>in</details>out</details><p>four</p>");
  CHECK(small.script() ==
        "window.BOOK_INDEX = [\n[\"chapter\",\"p.html\",\"P\",\"\",\"one\"],\n"
        "[\"chapter\",\"p.html#a\",\"P\",\"A & B\",\"two three — … four\"],\n];\n");
}

TEST_CASE("text from HTML") {
  CHECK(book::plain_text("<p>a&lt;b &amp;amp; &#39;c&#x27;&nbsp;&#160;d&hellip;</p>") ==
        "a<b &amp; 'c' d…");
  CHECK(book::plain_text("a &unknown; b & c; &#0; &#xFFFFFFFFF;") ==
        "a &unknown; b & c; &#0; &#xFFFFFFFFF;");
}

TEST_CASE("colours of the style sheet can be read on each of its grounds") {
  const std::string css = read_file(root / "book/book.css");
  const auto light = [](const std::string& colour) {
    double sum = 0;
    const double weights[] = {.2126, .7152, .0722};
    for (int i = 0; i < 3; ++i) {
      const double v =
          std::stoi(colour.substr(static_cast<std::size_t>(1 + 2 * i), 2), nullptr, 16) / 255.;
      sum += weights[i] * (v <= .04045 ? v / 12.92 : std::pow((v + .055) / 1.055, 2.4));
    }
    return sum;
  };
  for (const char* mode : {":root {", ":root.dark {"}) {
    const std::size_t begin = css.find(mode);
    REQUIRE(begin != css.npos);
    const std::string rules = css.substr(begin, css.find('}', begin) - begin);
    const auto colour = [&](const std::string& name) {
      const std::size_t at = rules.find("--" + name + ": #");
      REQUIRE_MESSAGE(at != rules.npos, name);
      return rules.substr(at + name.size() + 4, 7);
    };
    for (const char* text : {"ink", "soft", "muted", "accent", "link", "blue", "orange", "green",
                             "red", "violet", "k", "t", "s", "n", "c", "f", "p"})
      for (const char* ground : {"page", "side", "panel", "code"}) {
        const double a = light(colour(text)), b = light(colour(ground));
        const double contrast = (std::max(a, b) + .05) / (std::min(a, b) + .05);
        CHECK_MESSAGE(contrast >= 4.5, std::string(mode)
                                           << " --" << std::string(text) << " on --"
                                           << std::string(ground) << ": " << contrast);
      }
  }
}

TEST_CASE("the repository's address is what others can use, or none") {
  const auto clone = [](const char* address) { return book::repository_at(address).clone; };
  const auto page = [](const char* address) { return book::repository_at(address).page; };
  CHECK(clone("https://example.org/a/kindling.git\n") == "https://example.org/a/kindling.git");
  CHECK(page("https://example.org/a/kindling.git") == "https://example.org/a/kindling");
  CHECK(clone("https://user:secret@example.org/a/kindling") == "https://example.org/a/kindling");
  CHECK(clone("git@example.org:a/kindling.git") == "https://example.org/a/kindling.git");
  CHECK(page("ssh://git@example.org/a/kindling.git/") == "https://example.org/a/kindling");
  for (const char* none :
       {"", "/srv/git/kindling", "../kindling", "file:///srv/kindling",
        "ssh://git@example.org:2222/a/k.git", "C:\\kindling", "https://", "nowhere"})
    CHECK_MESSAGE(clone(none).empty(), std::string(none));
  // None is invented: the page shows the command only with an address.
  const std::string& landing = site().pages.at("index.html");
  const std::string here = book::repository_at(book::remote_of(root)).clone;
  CHECK(contains(landing, "git</span> clone") == !here.empty());
  CHECK(contains(landing, "files/LICENSE.txt"));
  CHECK(contains(landing, "getting_started.html#what-you-need"));
}

TEST_CASE("GitHub's Markdown") {
  CHECK(rendered("# 1 Title\n\n## What *PyTorch* really does\n") ==
        "<h2 id=\"what-pytorch-really-does\">What <em>PyTorch</em> really does<a class=\"anchor\" "
        "href=\"#what-pytorch-really-does\" aria-label=\"Link to this section\">#</a></h2>\n");
  CHECK(contains(rendered("> [!WARNING]\n> Mind *this*.\n"),
                 "<div class=\"admonition warning\"><p "
                 "class=\"admonition-title\">Warning</p>\n<p>Mind <em>this</em>.</p>\n</div>"));
  CHECK(contains(rendered("A note[^a] here.\n\n[^a]: Said `so`.\n"),
                 "<li id=\"note-1\">Said <code class=\"whole\">so</code>. <a href=\"#ref-1\""));
  CHECK(contains(rendered("In $a_b + c_d$ and\n\n$$\nx_1\n$$\n"),
                 "<span class=\"math\">a_b + c_d</span>"));
  CHECK(contains(rendered("$$\nx_1\n$$\n"), "<div class=\"math display\">"));
  CHECK(contains(rendered("```math\n\\sum x\n```\n"), "<div class=\"math display\">\\sum x"));
  CHECK(contains(rendered("| | a\\|b |\n|---|--:|\n| `x` | 1 |\n"), "<td class=\"right\">1</td>"));
  CHECK_FALSE(contains(rendered("| | |\n|---|---|\n| x | 1 |\n"), "<thead>"));
  // Lines are broken behind a sign, and long names behind their parts.
  CHECK(rendered("a = b\n") == "<p>a&#160;= b</p>\n");
  CHECK(contains(rendered("`nn::Linear::forward_all`"), ">nn::Linear::forward_all<"));
  CHECK(contains(rendered("`kindling::nn::Linear::forward_all`"),
                 ">kindling::<wbr>nn::<wbr>Linear::<wbr>forward_all<"));
  CHECK(contains(rendered("`fresh.manual_seed(default_generator())`"),
                 ">fresh.<wbr>manual_seed(<wbr>default_generator(<wbr>))<"));
  CHECK(contains(rendered("`solutions/01_tensors/strides.cpp`"), "01_tensors/<wbr>strides.cpp<"));
  CHECK(contains(rendered("`1 - *y`"), "<code class=\"whole\">1 - *y</code>"));
  CHECK(rendered("\"So\" it's `\"code\"`.\n") ==
        "<p>“So” it’s <code class=\"whole\">&quot;code&quot;</code>.</p>\n");
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
