#include "tools/book/links.h"

#include <cctype>
#include <stdexcept>

namespace book {

namespace fs = std::filesystem;

std::string resolved_link(const Book& book, const std::string& address, const std::string& folder) {
  for (const char* away : {"https://", "http://", "mailto:", "#"})
    if (address.starts_with(away)) return address;
  const std::string path = address.substr(0, address.find('#'));
  const std::string anchor = address.substr(path.size());
  const fs::path target = (book.sources.root / "chapters" / folder / path).lexically_normal();
  const std::string name = target.lexically_relative(book.sources.root).string();
  if (name == "README.md" || name == ".") return "index.html";
  if (book.files.contains(name)) return url_of_file(name) + anchor;
  if (name.starts_with("chapters/")) {
    const std::string chapter = name.substr(9, name.find('/', 9) - 9);
    const bool text = name == "chapters/" + chapter || name == "chapters/" + chapter + "/" ||
                      name == "chapters/" + chapter + "/README.md";
    if (text && book.chapter_in(chapter)) return chapter + ".html" + anchor;
  }
  if (fs::is_regular_file(target)) {
    // The book is whole wherever it is taken.
    learn::write_file(book.sources.out / "files" / name, learn::read_file(target));
    return "files/" + name;
  }
  throw std::runtime_error("dead link: " + address);
}

std::string resolved_name(const Book& book, const std::string& code, const std::string& folder) {
  if (book.files.contains(code)) return url_of_file(code);
  for (const std::string& place : {"common/include/" + code, "solutions/" + folder + "/" + code,
                                   "solutions/" + code, "common/src/" + code})
    if (code.find('.') != code.npos && book.files.contains(place)) return url_of_file(place);
  // A word alone may be anybody's variable: only what looks like a name of ours is one.
  const bool type = code.size() > 1 && std::isupper(static_cast<unsigned char>(code[0]));
  if (!type && code.find("::") == code.npos && code.find('_') == code.npos && !code.ends_with("()"))
    return "";
  const Symbol* symbol = book.symbols.find(code);
  return symbol ? symbol->url : "";
}

}  // namespace book
