#include "tools/book/symbols.h"

#include <algorithm>
#include <set>
#include <utility>

#include "tools/book/html.h"
#include "tools/cpp.h"

namespace book {

namespace fs = std::filesystem;

namespace {

/// The text of the first <tag> in `xml`.
std::string inside(std::string_view xml, const std::string& tag) {
  const std::size_t open = xml.find("<" + tag + ">");
  if (open == xml.npos) return "";
  const std::size_t from = open + tag.size() + 2;
  return plain_text(xml.substr(from, xml.find("</" + tag + ">", from) - from));
}

std::string kind_of(std::string_view element) {
  const std::size_t at = element.find("kind=\"");
  return std::string(element.substr(at + 6, element.find('"', at + 6) - at - 6));
}

/// Names as they are written in chapters, whose code is `using namespace kindling`.
std::string without_kindling(std::string name) {
  if (name.starts_with("kindling::")) name.erase(0, 10);
  return name;
}

/// "Linear::forward" of "nn::Linear::forward", "forward" of "forward".
std::string last_two(const std::string& name) {
  std::size_t at = name.rfind("::");
  if (at == name.npos || at == 0) return name;
  at = name.rfind("::", at - 1);
  return at == name.npos ? name : name.substr(at + 2);
}

std::string last_one(const std::string& name) {
  const std::size_t at = name.rfind("::");
  return at == name.npos ? name : name.substr(at + 2);
}

bool is_type(const Symbol& symbol) { return symbol.kind == "class" || symbol.kind == "struct"; }

std::vector<fs::path> files_in(const fs::path& folder, const std::set<std::string>& extensions) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::recursive_directory_iterator(folder))
    if (extensions.contains(entry.path().extension().string())) files.push_back(entry.path());
  std::ranges::sort(files);
  return files;
}

/// The types of a signature's parameters, without names and values, in which declarations and
/// definitions differ: {"constTensor&", "bool"}.
std::vector<std::string> parameters_of(std::string_view signature) {
  std::vector<std::string> all;
  std::string one, name;  // the last word, if it is not the whole
  int depth = 0;
  bool value = false;
  const std::size_t call = signature.find("operator()");
  for (std::size_t at = signature.find('(', call == signature.npos ? 0 : call + 10);
       at < signature.size(); ++at) {
    const char c = signature[at];
    const bool opens = c == '(' || c == '<' || c == '{' || c == '[';
    const bool closes = c == ')' || c == '>' || c == '}' || c == ']';
    if (opens && depth++ == 0) continue;
    if ((closes && --depth == 0) || (c == ',' && depth == 1)) {
      const bool named = one != "const" && !one.empty();
      if (std::string type = named ? one : one + name; !type.empty()) all.push_back(type);
      one.clear(), name.clear();
      value = false;
      if (depth == 0) break;
      continue;
    }
    if (c == '=' && depth == 1) value = true;
    if (value || cpp::is_space(c)) continue;
    const bool begins = !cpp::is_word(signature[at - 1]) && signature[at - 1] != ':';
    if (cpp::is_word(c) && begins) one += std::exchange(name, "");
    if (cpp::is_word(c) || c == ':')
      name += c;
    else
      one += std::exchange(name, "") + c;
  }
  return all;
}

}  // namespace

Symbols::Symbols(const fs::path& root, const std::vector<learn::Exercise>& exercises) {
  for (const char* folder : {"solutions", "common/src"})
    for (const fs::path& path : files_in(root / folder, {".cpp", ".cu"})) {
      const std::string file = fs::relative(path, root).string();
      Home home{file, "", ""};
      for (const auto& exercise : exercises)
        if ("solutions/" + exercise.file == file) home.exercise = exercise.number;
      for (const cpp::Declaration& declaration : cpp::declarations_in(learn::read_file(path))) {
        const auto function = cpp::function_in(declaration.head);
        if (!function || declaration.internal || declaration.open == declaration.end) continue;
        home.signature = function->signature;
        homes_[without_kindling(cpp::full_name(declaration))].push_back(home);
      }
    }
  for (const fs::path& path : files_in(root / "common/include/kindling", {".h"}))
    for (const cpp::Declaration& declaration : cpp::declarations_in(learn::read_file(path)))
      headers_.try_emplace(without_kindling(cpp::full_name(declaration)),
                           fs::relative(path, root).string());
}

void Symbols::read_tags(const fs::path& tag_file) {
  const std::string xml = learn::read_file(tag_file);
  for (std::size_t at = xml.find("<compound "); at != xml.npos;) {
    const std::size_t next = xml.find("<compound ", at + 1);
    const std::string_view compound = std::string_view(xml).substr(at, next - at);
    at = next;
    const std::string kind = kind_of(compound);
    if (kind != "class" && kind != "struct" && kind != "namespace") continue;
    const std::string full = inside(compound, "name");
    if (full.starts_with("std") || full.find('<') != full.npos) continue;
    const std::string name = without_kindling(full == "kindling" ? "" : full);
    if (kind != "namespace")
      all_.push_back({name, kind, "api/" + inside(compound, "filename"), ""});
    for (std::size_t m = compound.find("<member "); m != compound.npos;
         m = compound.find("<member ", m + 1)) {
      const std::string_view member = compound.substr(m, compound.find("</member>", m) - m);
      const std::string called = inside(member, "name");
      if (called.starts_with("@")) continue;
      all_.push_back({name.empty() ? called : name + "::" + called, kind_of(member),
                      "api/" + inside(member, "anchorfile") + "#" + inside(member, "anchor"),
                      inside(member, "arglist")});
    }
  }
  // A part of a name will do where one thing alone is called so: "Linear::forward", "Linear", and
  // a function without its namespaces.
  std::map<std::string, std::set<std::string>> shorter;
  std::set<std::string> types;
  for (const Symbol& symbol : all_)
    if (is_type(symbol)) types.insert(symbol.name);
  for (const Symbol& symbol : all_) {
    by_name_.try_emplace(symbol.name, &symbol);
    shorter[last_two(symbol.name)].insert(symbol.name);
    const bool member = types.contains(symbol.name.substr(0, symbol.name.rfind("::")));
    if (is_type(symbol) || !member) shorter[last_one(symbol.name)].insert(symbol.name);
  }
  for (const auto& [part, names] : shorter)
    if (names.size() == 1) by_name_.try_emplace(part, by_name_.at(*names.begin()));
}

const Symbol* Symbols::find(std::string_view name) const {
  if (name.starts_with("kindling::")) name.remove_prefix(10);
  if (name.ends_with("()")) name.remove_suffix(2);
  const auto at = by_name_.find(name);
  return at == by_name_.end() ? nullptr : at->second;
}

const Home* Symbols::home(const Symbol& symbol) const {
  const auto at = homes_.find(symbol.name);
  if (at == homes_.end()) return nullptr;
  const auto asked = parameters_of(symbol.parameters);
  const Home* other = nullptr;  // with as many parameters, whose types are written in another way
  std::size_t others = 0;
  for (const Home& home : at->second) {
    const auto has = parameters_of(home.signature);
    if (has == asked) return &home;
    if (has.size() != asked.size()) continue;
    other = &home;
    ++others;
  }
  return others == 1 ? other : nullptr;
}

std::string Symbols::header(const Symbol& symbol) const {
  const auto at = headers_.find(symbol.name);
  return at == headers_.end() ? "" : at->second;
}

}  // namespace book
