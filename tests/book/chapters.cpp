/// What chapters show is true: blocks of code are the files', outputs the programs', commands
/// exist. It runs everywhere, with or without Doxygen.
#include <doctest/doctest.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <set>
#include <sstream>

#include "tools/book/chapter_text.h"
#include "tools/book/excerpt.h"
#include "tools/carve/carver.h"
#include "tools/cpp.h"
#include "tools/exercises.h"
#include "tools/process.h"

namespace fs = std::filesystem;
using book::excerpt;
using learn::read_file;

namespace {

const fs::path root = KINDLING_SOURCE_DIR;
const fs::path build = KINDLING_BINARY_DIR;

std::vector<fs::path> chapters() {
  std::vector<fs::path> found;
  for (const auto& folder : fs::directory_iterator(root / "chapters"))
    if (fs::exists(folder.path() / "README.md")) found.push_back(folder.path() / "README.md");
  std::ranges::sort(found);
  return found;
}

std::vector<std::string> words_of(const std::string& line) {
  std::istringstream in(line);
  std::vector<std::string> words;
  for (std::string word; in >> word;) words.push_back(word);
  return words;
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != text.npos;
}

/// A folder of stubs, so that no command looks at, or builds, what a learner has written.
void practise_on_stubs() {
  const fs::path stubs = build / "tests/book_stubs";
  for (const auto& exercise : learn::find_exercises(root))
    learn::write_file(stubs / exercise.file,
                      kindling::carve::carve(read_file(root / "solutions" / exercise.file)).text);
  setenv("KINDLING_PRACTICE", stubs.c_str(), 1);
}

/// Puts back what `./learn hint` remembers: which hint comes next.
struct KeptHint {
  fs::path file;
  std::string before;
  explicit KeptHint(const std::string& number) : file(build / "hints" / number) {
    if (fs::exists(file)) before = read_file(file);
  }
  ~KeptHint() {
    if (before.empty())
      fs::remove(file);
    else
      learn::write_file(file, before);
  }
};

/// Why there is no such command; empty if there is.
std::string fault_of(const std::string& command) {
  static const std::string usage =
      learn::output_of({.arguments = {(root / "learn").string(), "help"}, .folder = root});
  std::vector<std::string> words = words_of(command);
  if (words.size() == 1) return "";
  words.erase(words.begin());
  for (std::string& word : words)  // numbers that stand for any: "./learn test n.m"
    if (word == "n.m") word = "1.1";
  if (words[0].starts_with("--") || words[0] == "COMMAND") return "";
  if (!contains(usage, "./learn " + words[0]) && words[0] != "next" && words[0] != "help")
    return "./learn --help does not know " + words[0];

  const learn::Command help{.arguments = {(build / "learn").string(), words[0], "--help"},
                            .folder = root};
  std::string known = learn::capture(help).output + " --yes --no-install --sanitize --help";
  if (words[0] == "run" && words.size() > 1) {
    const fs::path program = build / "chapters" / words[1];
    if (!fs::exists(program)) return "there is no program " + words[1];
    if (words.size() > 2)
      known += learn::capture({.arguments = {program.string(), "--help"}}).output;
  }
  for (const std::string& word : words)
    if (word.starts_with("-") && !contains(known, word)) return "it does not know " + word;

  const auto exercises = learn::find_exercises(root);
  const bool about_exercise = words[0] == "test" || words[0] == "hint" || words[0] == "diff" ||
                              words[0] == "watch" || words[0] == "reset";
  if (about_exercise && words.size() > 1 && std::isdigit(static_cast<unsigned char>(words[1][0]))) {
    const std::string& number = words[1];
    if (std::ranges::none_of(exercises, [&](const auto& e) {
          return e.number == number || e.number.starts_with(number + ".") || e.chapter == number;
        }))
      return "there is no exercise " + number;
  }

  // What is cheap is run.
  if (words[0] == "hint" || words[0] == "diff" || words[0] == "progress") {
    const KeptHint kept(words.size() > 1 ? words[1] : exercises.front().number);
    words[0].insert(0, (build / "learn").string() + "\n");
    std::vector<std::string> arguments{(build / "learn").string(),
                                       words[0].substr(words[0].find('\n') + 1)};
    arguments.insert(arguments.end(), words.begin() + 1, words.end());
    if (contains(known, "--show")) arguments.emplace_back("--show");  // which diff would ask about
    const learn::Outcome outcome = learn::capture({.arguments = arguments, .folder = root});
    if (outcome.status != 0) return learn::describe_status(outcome.status) + "\n" + outcome.output;
  }
  return "";
}

const std::string source = R"(#include <x>
namespace a {
/// What it is.
struct Walk : Base {
  Shape shape;                  // of all
  std::size_t operands{2}, n;   ///< how many
  Walk(int n) : shape{n}, operands(n) { f(); }
  bool all() const { return n == 2; }  // a remark
};
using Offsets = std::array<int, 3>;
enum class Kind { one, two };

/// Adds.
/// Two lines.
static int add(int a, int b) {
  const char* text = "} // {";
  return a + b;
}
int add(const Tensor& a) {
  for (int i = 0; i < 3; ++i) {
    add(i, i);
  }
}
Tensor operator+(const Tensor& a, const Tensor& b) { return add(a, b); }
void Tensor::backward() const {}
TEST_CASE("1.1  it works") { CHECK(true); }
}  // namespace a
)";

}  // namespace

TEST_CASE("pieces of a file by their names") {
  CHECK(excerpt(source, "add(int") ==
        "static int add(int a, int b) {\n  const char* text = \"} // {\";\n  return a + b;\n}\n");
  CHECK(excerpt(source, "add(int a, int b), with its comment")
            .starts_with("/// Adds.\n/// Two lines.\nstatic"));
  CHECK(excerpt(source, "Walk").starts_with("struct Walk : Base {\n"));
  CHECK(excerpt(source, "struct Walk, with its comment").starts_with("/// What it is.\n"));
  CHECK(excerpt(source, "Walk").ends_with("};\n"));
  CHECK(excerpt(source, "all") == "bool all() const { return n == 2; }  // a remark\n");
  CHECK(excerpt(source, "Offsets") == "using Offsets = std::array<int, 3>;\n");
  CHECK(excerpt(source, "Kind") == "enum class Kind { one, two };\n");
  CHECK(excerpt(source, "Tensor::backward") == "void Tensor::backward() const {}\n");
  CHECK(excerpt(source, "operator+").starts_with("Tensor operator+(const Tensor& a"));
  CHECK(excerpt(source, "TEST_CASE(\"1.1").starts_with("TEST_CASE(\"1.1  it works\")"));
  CHECK(excerpt(source, "from \"for (int i\" to \"  }\"") ==
        "for (int i = 0; i < 3; ++i) {\n  add(i, i);\n}\n");
  CHECK(excerpt(source, "from \"add(i, i)\"") == "add(i, i);\n");
  CHECK_THROWS_WITH_AS(excerpt(source, "missing"), "nothing is called missing", std::runtime_error);
  CHECK_THROWS_WITH(excerpt(source, "add"), doctest::Contains("several are called add"));
  CHECK_THROWS_WITH(excerpt(source, "from \"nowhere\""), doctest::Contains("no line has"));
}

TEST_CASE("of C++, what is code") {
  const auto code = [](const std::string& text) {
    std::string left = cpp::code_of(text);
    CHECK(left.size() == text.size());
    CHECK(std::ranges::count(left, '\n') == std::ranges::count(text, '\n'));
    std::erase(left, ' ');
    return left;
  };
  CHECK(code("a /* { */ b // }\nc") == "ab\nc");
  CHECK(code("f(\"{\\\"{\", '{', '\\'')") == "f(,,)");
  CHECK(code("1'000'000 + 0xFF'FF + '1'") == "1'000'000+0xFF'FF+");
  CHECK(code("R\"x({)\" })x\" + u8R\"({)\" + LR\"(})\" + u8\"{\" + L'{' + FOO\"{\"") == "+++++FOO");
  CHECK(code("#define X { \\\n  {\nint a;\n  # pragma {\n}") == "\n\ninta;\n\n}");
  CHECK(code("#include \"a.h\"  // {\n{") == "\n{");
  CHECK(code("it's { not closed\n}") == "it\n}");  // ends with its line
  const std::string text = "a // b\n#if 1 /* c */\n\"d\"";
  std::size_t end = 0;
  for (const cpp::Piece& piece : cpp::pieces_of(text)) {  // nothing is lost
    CHECK(piece.begin == end);
    end = piece.end;
  }
  CHECK(end == text.size());
}

TEST_CASE("of C++, what is called what") {
  const auto name = [](const std::string& head) {
    const auto function = cpp::function_in(head);
    return function ? function->name : "";
  };
  CHECK(name("void Tensor::backward(bool retain_graph) const") == "Tensor::backward");
  CHECK(name("auto operator()(auto x) const") == "operator()");
  CHECK(name("Tensor operator+(const Tensor& a, const Tensor& b)") == "operator+");
  CHECK(name("bool operator<(int)") == "operator<");
  CHECK(name("explicit operator bool() const") == "operator bool");
  CHECK(name("Reducer::~Reducer()") == "Reducer::~Reducer");
  CHECK(name("~Walk()") == "~Walk");
  CHECK(name("Walk(int n) : shape{n}, operands(n)") == "Walk");
  CHECK(name("template <int tile> __global__ __launch_bounds__(256) void fold(float* a)") ==
        "fold");
  CHECK(name("alignas(16) float f(int)") == "f");
  CHECK(name("decltype(a(1)) g()") == "g");
  CHECK(name("std::function<void(int)> h(std::function<int(int)> f = [](int) { return 1; })") ==
        "h");
  CHECK(name("std::size_t std::vector<T, A>::size() const") == "std::vector::size");
  CHECK(name("int count = f()").empty());
  CHECK(name("using F = std::function<void(int)>").empty());
  CHECK(name("std::function<void(int)> callback").empty());
  CHECK(cpp::function_in("static const Tensor& f(int a,\n    int b)")->signature ==
        "f(int a, int b)");
  CHECK(cpp::type_in("template <class T> struct Walk final : Base") == "Walk");
  CHECK(cpp::type_in("enum class Kind : int") == "Kind");
  CHECK(cpp::type_in("struct alignas(16) Pair") == "Pair");
  CHECK(cpp::type_in("struct stat f(int)") == "stat");  // and a function: see function_in()
  CHECK(cpp::name_in("using Offsets = std::array<int, 3>") == "Offsets");
  CHECK(cpp::name_in("std::array<int, 3> offsets") == "offsets");
  const auto found = cpp::declarations_in(
      "namespace a::b {\nnamespace {\nint one() { return 1; }\n}\nstatic int two() { return 2; }\n"
      "struct S { static int three(); struct T { int four() const; }; };\nint S::three() { return "
      "3; "
      "}\n}\nextern \"C\" {\nint five();\n}\nexternal_type six() { }\nstruct stat seven() { }\n");
  std::string names;
  for (const auto& declaration : found)
    names += (declaration.internal ? "-" : "") + cpp::full_name(declaration) + " ";
  CHECK(names ==
        "-a::b::one -a::b::two a::b::S a::b::S::three a::b::S::T a::b::S::T::four a::b::S::three "
        "five "
        "six seven ");
}

TEST_CASE("every function of the library can be named") {
  for (const char* folder : {"solutions", "chapters", "common/src"})
    for (const auto& entry : fs::recursive_directory_iterator(root / folder)) {
      if (entry.path().extension() != ".cpp") continue;
      const std::string text = read_file(entry.path());
      const auto found = cpp::declarations_in(text);
      CHECK_MESSAGE(!found.empty(), entry.path().string());
      for (const auto& declaration : found) {
        const char last = text[declaration.end - 1];
        CHECK_MESSAGE((last == '}' || last == ';'), entry.path().string()
                                                        << ": " << declaration.head);
      }
    }
}

TEST_CASE("blocks, and where they come from") {
  const auto blocks = book::blocks_in(
      "<!-- code: a.cpp f -->\n```cpp\nint f();\n```\n\n```cpp\nfree\n```\n<details>\n\n"
      "<!-- output: ./learn run x -->\n\n  ```text\n  one\n    two\n  ```\n\n</details>\n"
      "<!-- figure: ./learn run y -->\n![A *picture*](figures/y.svg)\n");
  REQUIRE(blocks.size() == 4);
  CHECK(blocks[0].kind == "code");
  CHECK(book::origin_of(blocks[0]).file == "a.cpp");
  CHECK(book::origin_of(blocks[0]).part == "f");
  CHECK(blocks[0].text == "int f();\n");
  CHECK(blocks[1].kind.empty());
  CHECK(blocks[2].kind == "output");
  CHECK(blocks[2].text == "one\n  two\n");
  CHECK(blocks[2].folded);
  CHECK(blocks[3].image == "figures/y.svg");
  CHECK(blocks[3].source == "./learn run y");
}

TEST_CASE("a part of an output") {
  const std::string whole = "a\nb  \nc\nd\n";
  CHECK(book::is_part("b\nc\n", whole, false));
  CHECK(book::is_part("a\n…\nd", whole, false));
  CHECK(book::is_part("a\n…\nd", whole, true));
  CHECK_FALSE(book::is_part("a\nc\n", whole, false));
  CHECK_FALSE(book::is_part("b\nc\n", whole, true));
  CHECK_FALSE(book::is_part("a\n…\nx", whole, false));
}

TEST_CASE("a chapter that is not true is found out, and mended") {
  const fs::path file = build / "tests/book_untrue.md";
  const std::string comment = "<!-- code: solutions/01_tensors/strides.cpp row_major_strides -->\n";
  learn::write_file(
      file, comment +
                "```cpp\nShape row_major_strides();\n```\n\n```cpp\nint x;\n```\n\n"
                "<!-- output: ./learn run 01_tensors/hour -->\n```text\n0-D: tensor(2)\n```\n");
  book::Truth truth(root, build);
  const auto complaints = book::check_chapter(file, truth, true);
  REQUIRE(complaints.size() == 3);
  CHECK(
      contains(complaints[0].what, "expected solutions/01_tensors/strides.cpp row_major_strides"));
  CHECK(contains(complaints[0].what, "got\n    Shape row_major_strides();"));
  CHECK(contains(complaints[1].what, "expected <!-- code: FILE NAME -->"));
  CHECK(contains(complaints[2].what, "0-D: tensor(1)"));
  book::update_chapter(file, truth);
  CHECK(contains(read_file(file),
                 comment + "```cpp\nShape row_major_strides(const Shape& shape) {\n"));
  CHECK(book::check_chapter(file, truth, true).size() == 2);
}

TEST_CASE("chapters show what is") {
  book::Truth truth(root, build);
  for (const fs::path& file : chapters())
    for (const book::Complaint& complaint : book::check_chapter(file, truth, true))
      FAIL_CHECK(complaint.place << ": " << complaint.what
                                 << "\n`build/reference/book_tool update` mends blocks of code.");
}

TEST_CASE("every command that is shown exists") {
  practise_on_stubs();
  std::vector<fs::path> files = chapters();
  files.push_back(root / "README.md");
  files.push_back(root / "book/getting_started.md");
  std::set<std::string> seen;
  for (const fs::path& file : files)
    for (const std::string& command : book::commands_in(read_file(file))) {
      if (!seen.insert(command).second) continue;
      const std::string fault = fault_of(command);
      CHECK_MESSAGE(fault.empty(), fs::relative(file, root).string()
                                       << ": " << command << ": " << fault);
    }
  MESSAGE(seen.size() << " commands");
}
