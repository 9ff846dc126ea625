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

FileName resolved_file(const Book& book, const std::string& name, const std::string& beside) {
  if (book.files.contains(name)) return {name, {}};
  if (name.find('.') == name.npos || name.find(' ') != name.npos) return {};
  const bool alone = name.find('/') == name.npos;
  if (alone && !beside.empty()) {
    const std::string neighbour = beside.substr(0, beside.rfind('/') + 1) + name;
    if (book.files.contains(neighbour)) return {neighbour, {}};
  }
  FileName found;
  for (const std::string& file : book.files)
    // exercises/ has the files of solutions/ once more.
    if (file.ends_with("/" + name) && !file.starts_with("exercises/"))
      found.candidates.push_back(file);
  if (found.candidates.size() == 1) return {found.candidates.front(), {}};
  return found;
}

static std::string unclear(const std::string& name, const FileName& found) {
  std::string text = "`" + name + "` may be";
  for (std::size_t i = 0; i < found.candidates.size(); ++i)
    text += (i == 0 ? " " : i + 1 == found.candidates.size() ? " or " : ", ") + found.candidates[i];
  return text + ": expected its folder, too";
}

std::string resolved_name(const Book& book, const std::string& code, const std::string& beside) {
  const FileName named = resolved_file(book, code, beside);
  if (!named.candidates.empty()) throw std::runtime_error(unclear(code, named));
  if (!named.file.empty()) return url_of_file(named.file);
  // A word alone may be anybody's variable: only what looks like a name of ours is one.
  const bool type = code.size() > 1 && std::isupper(static_cast<unsigned char>(code[0]));
  if (!type && code.find("::") == code.npos && code.find('_') == code.npos && !code.ends_with("()"))
    return "";
  const Symbol* symbol = book.symbols.find(code);
  return symbol ? symbol->url : "";
}

std::vector<std::string> unclear_files(const Book& book, const fs::path& readme) {
  std::vector<std::string> found;
  render_markdown(learn::read_file(readme),
                  {.link = [](const std::string& address) { return address; },
                   .code_link =
                       [&](const std::string& code, const std::string& beside) {
                         const FileName named = resolved_file(book, code, beside);
                         if (!named.candidates.empty()) found.push_back(unclear(code, named));
                         return std::string();
                       },
                   .highlight = [](const std::string&, const std::string&) { return ""; },
                   .picture = [](const std::string&) { return ""; }});
  return found;
}

}  // namespace book
