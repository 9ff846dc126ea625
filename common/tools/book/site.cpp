#include "tools/book/site.h"

#include <stdexcept>

#include "tools/book/api_pages.h"
#include "tools/book/assets.h"
#include "tools/book/book.h"
#include "tools/book/chapter_pages.h"
#include "tools/book/file_pages.h"
#include "tools/book/landing.h"

namespace book {

namespace fs = std::filesystem;

void build_book(const Sources& sources) {
  Book book(sources);
  // What the learner has solved is `./learn`'s to say, and stays.
  const fs::path progress = sources.out / "progress.js";
  const std::string done =
      fs::exists(progress) ? learn::read_file(progress) : "window.BOOK_DONE = [];\n";
  fs::remove_all(sources.out);

  copy_assets(sources);
  run_doxygen(book);
  render_chapters(book);
  write_getting_started(book);
  write_chapters(book);
  write_landing(book);
  write_api_index(book);
  finish_api_pages(book);
  write_files(book);
  learn::write_file(sources.out / "search.js", book.index.script());
  learn::write_file(progress, done);
  fs::remove_all(book.scratch());

  if (book.complaints.empty()) return;
  std::string text = "the book has faults:\n";
  for (const std::string& complaint : book.complaints) text += "  " + complaint + "\n";
  throw std::runtime_error(text);
}

}  // namespace book
