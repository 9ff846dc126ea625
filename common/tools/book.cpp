#include <fmt/format.h>

#include <cctype>
#include <cstdlib>
#include <cstring>
#include <map>

#include "tools/book/html.h"
#include "tools/commands.h"
#include "tools/exercises.h"
#include "tools/judge.h"
#include "tools/next_exercise.h"
#include "tools/process.h"
#include "tools/terminal.h"

/// The book as ./learn knows it: where it is, and what in it is done.
namespace learn {

namespace fs = std::filesystem;

void mark_in_book(const Places& places, const std::vector<Exercise>& exercises,
                  const std::vector<State>& states) {
  const fs::path marks = places.build / "book/progress.js";
  if (!fs::exists(marks)) return;
  std::string done, next = "null";
  const std::size_t open = next_exercise(places, exercises, states);
  std::map<int, int> totals;
  for (std::size_t i = 0; i < exercises.size(); ++i) {
    const Exercise& exercise = exercises[i];
    ++totals[std::atoi(exercise.number.c_str())];
    if (states[i] == State::passing) done += fmt::format("\"{}\", ", exercise.number);
    if (i == open) {
      next = fmt::format("{{number: \"{}\", title: {}, url: {}}}", exercise.number,
                         ::book::js_string(exercise.title),
                         ::book::js_string(exercise.chapter + ".html#" +
                                           ::book::slug(exercise.number + " " + exercise.title)));
    }
  }
  std::string counts;
  for (const auto& [chapter, count] : totals) counts += fmt::format("{}: {}, ", chapter, count);
  write_file(marks, fmt::format("window.BOOK_DONE = [{}];\nwindow.BOOK_TOTALS = {{{}}};\n"
                                "window.BOOK_NEXT = {};\n",
                                done, counts, next));
}

/// What a browser takes for this file: file:///home/ann/C%2B%2B%20course/index.html.
static std::string file_url(const fs::path& file) {
  std::string url = "file://";
  for (const char c : file.string()) {
    const bool plain = std::isalnum(static_cast<unsigned char>(c)) || std::strchr("/-._~", c);
    url += plain ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return url;
}

int book(const Places& places, bool open) {
  const fs::path page = places.build / "book/index.html";
  if (!fs::exists(page)) throw Failure("the book has not been built: ./learn book does it");
  const auto exercises = find_exercises(places.root);
  mark_in_book(places, exercises, states_of(places, exercises));
  fmt::print("The book is {}\n", bold(fs::proximate(page, places.root).string()));
  fmt::print("  {}\n", file_url(page));
#ifdef __APPLE__
  const bool desktop = true;
  const char* opener = "open";
#else
  const bool desktop = std::getenv("DISPLAY") || std::getenv("WAYLAND_DISPLAY");
  const char* opener = "xdg-open";
#endif
  if (open && desktop && on_path(opener))
    return run({.arguments = {opener, page.string()}, .folder = places.root});
  return 0;
}

}  // namespace learn
