/// The architecture shows in the folders: headers include downward only, a chapter uses chapters
/// before it, and one header alone lets xtensor in.
#include <doctest/doctest.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

namespace fs = std::filesystem;

static const fs::path root = KINDLING_SOURCE_DIR;

/// Every public header, in the order in which they may include each other, with the chapter that
/// fills it.
struct Header {
  std::string name;
  int chapter;
};
static const std::vector<Header> order = {
    {"check", 1},       {"device", 1},     {"dtype", 1},   {"shape", 1},       {"fused", 1},       {"random", 1},
    {"threads", 1},     {"tensor", 1},     {"version", 1}, {"functors", 1},    {"backend", 1},
    {"cpu_backend", 1}, {"primitives", 1}, {"xtensor", 1}, {"autograd", 1},    {"ops", 1},
    {"terminal", 1},    {"show", 1},       {"module", 3},  {"init", 3},        {"nn", 3},
    {"loss", 4},        {"optim", 4},      {"train", 4},   {"data", 5},        {"prefetch", 5},
    {"serialize", 6},   {"kernel", 7},     {"cuda", 7},    {"distributed", 8}, {"ddp", 8},
};
// autograd.h and ops.h are declared to chapter 1, which computes with them; chapter 2 gives them
// their derivatives.

/// What `file` includes from the folder `from`, without that folder: from "kindling/", shape.h.
static std::vector<std::string> includes_of(const fs::path& file, const std::string& from) {
  std::ifstream in(file);
  std::vector<std::string> found;
  for (std::string line; std::getline(in, line);) {
    std::erase_if(line, [](unsigned char c) { return std::isspace(c); });
    for (const std::string& directive : {"#include\"" + from, "#include<" + from})
      if (line.starts_with(directive))
        found.push_back(line.substr(
            directive.size(), line.find_first_of("\">", directive.size()) - directive.size()));
  }
  return found;
}
static const std::string ours = "kindling/";
static const std::string xtensor = "xtensor/";

static std::size_t rank_of(const std::string& header) {
  const auto at = std::ranges::find(order, header.substr(0, header.find('.')), &Header::name);
  REQUIRE_MESSAGE(
      at != order.end(),
      "kindling/" << header << " stands in no layer: add it to the order in tests/structure.cpp");
  return static_cast<std::size_t>(at - order.begin());
}

static std::vector<fs::path> sources_in(const fs::path& folder) {
  std::vector<fs::path> found;
  for (const auto& entry : fs::recursive_directory_iterator(root / folder))
    if (const auto e = entry.path().extension(); e == ".h" || e == ".cpp" || e == ".cu")
      found.push_back(entry.path());
  REQUIRE_FALSE(found.empty());
  return found;
}

TEST_CASE("headers include downward only") {
  std::size_t seen = 0;
  for (const fs::path& file : sources_in("common/include/kindling")) {
    const std::string name = file.stem();
    const std::size_t rank = rank_of(name);
    ++seen;
    for (const std::string& included : includes_of(file, ours))
      CHECK_MESSAGE(rank_of(included) < rank, "kindling/" << name << ".h includes kindling/"
                                                          << included << ", which stands above it");
  }
  CHECK_MESSAGE(seen == order.size(),
                "the order in tests/structure.cpp names headers that do not exist");
}

TEST_CASE("every public header says what several threads may do") {
  for (const fs::path& file : sources_in("common/include/kindling")) {
    std::ifstream in(file);
    bool says = false;
    for (std::string line; std::getline(in, line);)
      says |= line.starts_with("///") && line.find("Threads: ") != std::string::npos;
    CHECK_MESSAGE(says, file.filename().string(), ": expected a doc line with \"Threads: \"");
  }
}

TEST_CASE("a chapter uses what earlier chapters built") {
  for (const char* tree : {"solutions", "chapters", "tests"})
    for (const auto& folder : fs::directory_iterator(root / tree)) {
      const std::string chapter = folder.path().filename();
      if (!folder.is_directory() || !std::isdigit(static_cast<unsigned char>(chapter[0]))) continue;
      for (const fs::path& file : sources_in(fs::path(tree) / chapter))
        for (const std::string& included : includes_of(file, ours))
          CHECK_MESSAGE(order[rank_of(included)].chapter <= std::stoi(chapter.substr(0, 2)),
                        fs::relative(file, root).string()
                            << " includes kindling/" << included << " of a later chapter");
    }
}

TEST_CASE("xtensor comes in by one door") {
  for (const char* tree : {"common", "solutions", "chapters"})
    for (const fs::path& file : sources_in(tree)) {
      if (file.filename() == "xtensor.h") continue;
      CHECK_MESSAGE(includes_of(file, xtensor).empty(),
                    fs::relative(file, root).string()
                        << " includes xtensor itself; include kindling/xtensor.h");
      const bool header = file.string().find("include/kindling") != std::string::npos;
      const auto included = includes_of(file, ours);
      if (header)
        CHECK_MESSAGE(std::ranges::count(included, "xtensor.h") == 0,
                      fs::relative(file, root).string() << " drags xtensor into everything");
    }
}
