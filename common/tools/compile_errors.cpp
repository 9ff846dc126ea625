#include "tools/compile_errors.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <fstream>
#include <optional>
#include <sstream>
#include <utility>
#include <vector>

namespace learn {
namespace {

namespace fs = std::filesystem;

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != text.npos;
}

void replace_all(std::string& text, const std::string& from, const std::string& to) {
  for (std::size_t at = 0; (at = text.find(from, at)) != text.npos; at += to.size())
    text.replace(at, from.size(), to);
}

/// Where a line of the compiler's says that something is: "file.cpp:14:10: …".
struct Place {
  std::string file;
  int line = 0, column = 0;
};

std::optional<Place> place_in(const std::string& text) {
  const std::size_t begin = std::min(text.find_first_not_of(" \t"), text.size());
  const auto number_at = [&](std::size_t at) {
    std::size_t end = at;
    while (end < text.size() && std::isdigit(static_cast<unsigned char>(text[end]))) ++end;
    return end;
  };
  for (std::size_t colon = text.find(':', begin); colon != text.npos;
       colon = text.find(':', colon + 1)) {
    const std::size_t end = number_at(colon + 1);
    if (end == colon + 1 || end == text.size() || end - colon > 8) continue;
    Place place{.file = text.substr(begin, colon - begin),
                .line = std::stoi(text.substr(colon + 1, end - colon - 1))};
    if (text[end] == ':')
      if (const std::size_t after = number_at(end + 1); after > end + 1 && after - end < 8)
        place.column = std::stoi(text.substr(end + 1, after - end - 1));
    return place;
  }
  return {};
}

/// An error, or something else that the compiler says.
struct Diagnostic {
  std::vector<std::string> before;  // "In instantiation of …", "… required from here"
  std::string headline;             // "file.cpp:14:10: error: …"
  std::vector<std::string> after;   // the picture of the line, and notes
  bool is_error = false;
};

std::vector<Diagnostic> diagnostics_in(const std::string& output) {
  std::vector<Diagnostic> found;
  std::vector<std::string> before;
  std::istringstream lines(output);
  for (std::string line; std::getline(lines, line);) {
    const bool error = contains(line, " error: ") || contains(line, " fatal error: ");
    const bool foreign = line.starts_with("[") || line.starts_with("ninja:") ||
                         line.starts_with("FAILED:") || line.starts_with("collect2: ") ||
                         contains(line, "undefined reference to") ||
                         contains(line, "multiple definition of");
    if (foreign) {
      found.emplace_back();  // what follows is no part of the diagnostic before
      before.clear();
    } else if (contains(line, " note: ") && !found.empty()) {
      found.back().after.push_back(line);
      before.clear();
    } else if (error || contains(line, " warning: ")) {
      found.push_back({std::exchange(before, {}), line, {}, error});
    } else if (contains(line, "In file included from") || contains(line, ": In ") ||
               contains(line, ": At global scope") || contains(line, "required from") ||
               contains(line, "required by") || !before.empty()) {
      before.push_back(line);  // it leads to the next
    } else if (!found.empty()) {
      found.back().after.push_back(line);
    }
  }
  return found;
}

/// The line of `name` that the diagnostic is about, or that asked for what it is about.
std::optional<Place> own_place(const Diagnostic& diagnostic, const std::string& name) {
  const auto of_name = [&](const std::string& line) -> std::optional<Place> {
    const auto place = place_in(line);
    return place && place->file == name ? place : std::nullopt;
  };
  if (const auto place = of_name(diagnostic.headline)) return place;
  // GCC says it before, Clang in notes behind: the last is what the learner wrote.
  for (auto line = diagnostic.before.rbegin(); line != diagnostic.before.rend(); ++line)
    if (contains(*line, "required "))
      if (const auto place = of_name(*line)) return place;
  for (auto line = diagnostic.after.rbegin(); line != diagnostic.after.rend(); ++line)
    if (contains(*line, "requested here"))
      if (const auto place = of_name(*line)) return place;
  for (const std::string& line : diagnostic.before)  // a header that was included too early
    if (const std::size_t at = line.find(name + ":"); at != line.npos)
      return place_in(line.substr(at));
  return {};
}

std::string line_of(const fs::path& file, int number) {
  std::ifstream in(file);
  std::string line;
  for (int i = 0; i < number; ++i)
    if (!std::getline(in, line)) return "";
  return line;
}

/// As the compiler draws it: "   14 |   return stride;", and a ^ below.
std::string picture(const fs::path& file, const Place& place) {
  const std::string line = line_of(file, place.line);
  std::string text = fmt::format("  {:>5} | {}\n", place.line, line);
  if (place.column > 0) {
    std::string blanks = line.substr(0, static_cast<std::size_t>(place.column - 1));
    std::ranges::replace_if(
        blanks, [](char c) { return c != '\t'; }, ' ');
    text += fmt::format("  {:>5} | {}^\n", "", blanks);
  }
  return text;
}

/// Notes fill pages. The first few lines are the picture, and what was expected instead.
std::string beginning(const std::vector<std::string>& lines) {
  constexpr std::size_t most = 12, widest = 200;
  std::string text;
  for (std::size_t i = 0; i < std::min(lines.size(), most); ++i)
    text += "  " + lines[i].substr(0, widest) + (lines[i].size() > widest ? "…\n" : "\n");
  if (lines.size() > most)
    text += fmt::format("  … and {} lines more in the log\n", lines.size() - most);
  return text;
}

}  // namespace

std::string without_root(std::string text, const fs::path& root) {
  replace_all(text, root.string() + "/", "");
  return text;
}

std::string grave_warnings(const std::string& output, const fs::path& root, const fs::path& file,
                           const std::string& name) {
  constexpr std::size_t most = 3;
  // Those of Clang, too.
  const auto is_grave = [](const Diagnostic& diagnostic) {
    for (const char* option :
         {"return-type", "uninitialized", "sometimes-uninitialized", "maybe-uninitialized",
          "return-local-addr", "return-stack-address", "dangling", "infinite-recursion",
          "array-bounds", "div-by-zero", "division-by-zero", "delete-non-virtual-dtor"})
      if (contains(diagnostic.headline, std::string("[-W") + option)) return true;
    return false;
  };
  std::string readable = output, text;
  replace_all(readable, file.string(), name);
  std::size_t count = 0;
  for (const Diagnostic& diagnostic : diagnostics_in(without_root(readable, root))) {
    if (diagnostic.is_error || !is_grave(diagnostic)) continue;
    const auto place = place_in(diagnostic.headline);
    if (!place || place->file != name) continue;
    if (count++ < most) text += "  " + diagnostic.headline + "\n" + picture(file, *place);
  }
  if (count > most) text += fmt::format("  and {} more of the kind\n", count - most);
  return text;
}

std::string first_error(const std::string& output, const fs::path& root, const fs::path& file,
                        const std::string& name) {
  std::string readable = output;
  replace_all(readable, file.string(), name);
  const auto all = diagnostics_in(without_root(readable, root));
  const auto errors = std::ranges::count(all, true, &Diagnostic::is_error);
  const Diagnostic* first = nullptr;
  std::optional<Place> own;
  for (const Diagnostic& diagnostic : all) {
    if (!diagnostic.is_error) continue;
    const auto place = own_place(diagnostic, name);
    if (!first || (place && !own)) first = &diagnostic, own = place;
    if (own) break;
  }
  if (!first) return "";
  std::string text;
  const auto noticed = place_in(first->headline);
  if (own && noticed && noticed->file != name) {
    const std::size_t message = first->headline.find("error: ");
    text += fmt::format("  {}:{}:{}: {}\n{}", name, own->line, own->column,
                        first->headline.substr(message), picture(file, *own));
    text +=
        fmt::format("  noticed in {}:{}, which this line calls:\n", noticed->file, noticed->line);
  } else {
    text += "  " + first->headline + "\n";
  }
  text += beginning(first->after);
  if (errors > 1) text += fmt::format("  and {} more, which may only follow from it\n", errors - 1);
  return text;
}

}  // namespace learn
