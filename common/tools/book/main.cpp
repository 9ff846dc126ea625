/// Builds the book, checks that its chapters are true, and rewrites what they quote.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>

#include "tools/book/chapter_text.h"
#include "tools/book/figures.h"
#include "tools/book/links.h"
#include "tools/book/site.h"
#include "tools/exercises.h"

namespace fs = std::filesystem;

static std::vector<fs::path> chapters_in(const fs::path& root) {
  std::vector<fs::path> files;
  for (const auto& folder : fs::directory_iterator(root / "chapters"))
    if (fs::exists(folder.path() / "README.md")) files.push_back(folder.path() / "README.md");
  std::ranges::sort(files);
  return files;
}

static int check(const book::Sources& sources, book::Truth& truth,
                 const std::vector<fs::path>& files) {
  const book::Book all(sources);
  std::size_t faults = 0;
  const auto report = [&](const std::string& place, const std::string& what) {
    fmt::print("{}: {}\n", place, what);
    ++faults;
  };
  for (const fs::path& file : files) {
    for (const book::Complaint& complaint : book::check_chapter(file, truth, true))
      report(complaint.place, complaint.what);
    for (const std::string& unclear : book::unclear_files(all, file))
      report(fs::proximate(file, sources.root).string(), unclear);
  }
  fmt::print("{} chapters, {} fault{}\n", files.size(), faults, faults == 1 ? "" : "s");
  return faults == 0 ? 0 : 1;
}

static void update(book::Truth& truth, const std::vector<fs::path>& files,
                   const fs::path& scratch) {
  for (const fs::path& file : files) {
    if (const int changed = book::update_chapter(file, truth))
      fmt::print("{}: {} blocks are now what they quote\n", file.string(), changed);
    for (const book::Block& block : book::blocks_in(learn::read_file(file))) {
      if (block.image.empty()) continue;
      const book::Figure figure = book::figure_of(block, file.parent_path(), truth);
      if (book::is_current(figure)) continue;
      learn::write_file(figure.picture, book::standing_alone(figure, book::draw(figure, scratch)));
      fmt::print("{} is drawn\n", figure.picture.string());
    }
  }
  fs::remove_all(scratch);
}

int main(int argc, char** argv) try {
  CLI::App app{"Kindling's book: builds it, and keeps its chapters true to the sources."};
  app.require_subcommand(1);
  book::Sources sources;
  sources.root = KINDLING_SOURCE_DIR;
  sources.build = KINDLING_BINARY_DIR;
  sources.out = sources.build / "book";
  std::vector<fs::path> files, fonts;

  auto* build_command = app.add_subcommand("build", "Builds the book.");
  build_command->add_option("--out", sources.out, "The folder for it");
  build_command->add_option("--doxygen", sources.doxygen, "The program")->required();
  build_command->add_option("--katex", sources.katex, "The folder with katex.min.js");
  build_command->add_option("--fonts", fonts, "Folders with fonts");
  build_command->add_option("--repository", sources.repository,
                            "Where readers find the repository; without it, git's remote");
  auto* check_command = app.add_subcommand(
      "check", "Compares blocks of code with their files and outputs with their programs'.");
  auto* update_command = app.add_subcommand(
      "update", "Rewrites blocks of code, fills in outputs that are empty, and draws figures.");
  for (auto* command : {check_command, update_command})
    command->add_option("chapters", files, "Their README.md; all, if none is named");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }

  sources.fonts = fonts;
  if (files.empty()) files = chapters_in(sources.root);
  book::Truth truth(sources.root, sources.build);
  if (*build_command) book::build_book(sources);
  if (*check_command) return check(sources, truth, files);
  if (*update_command) update(truth, files, sources.build / "figures");
  return 0;
} catch (const std::exception& error) {
  fmt::print(stderr, "{}\n", error.what());
  return 1;
}
