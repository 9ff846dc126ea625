#include "tools/book/symbols.h"

#include <algorithm>

#include "tools/book/excerpt.h"
#include "tools/book/html.h"

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

}  // namespace

Symbols::Symbols(const fs::path& root, const std::vector<learn::Exercise>& exercises) {
  const auto read = [&](const fs::path& file, const std::string& name) {
    for (const Declaration& declaration : declarations_in(learn::read_file(file))) {
      const std::string function = function_name(declaration.head);
      if (function.empty()) continue;
      Home home{name, ""};
      for (const auto& exercise : exercises)
        if ("solutions/" + exercise.file == name) home.exercise = exercise.number;
      homes_.try_emplace(last_two(function), home);
    }
  };
  for (const char* folder : {"solutions", "common/src"}) {
    std::vector<fs::path> files;
    for (const auto& entry : fs::recursive_directory_iterator(root / folder))
      if (entry.path().extension() == ".cpp" || entry.path().extension() == ".cu")
        files.push_back(entry.path());
    std::ranges::sort(files);
    for (const fs::path& file : files) read(file, fs::relative(file, root).string());
  }
}

void Symbols::read_tags(const fs::path& tag_file) {
  const std::string xml = learn::read_file(tag_file);
  std::map<std::string, std::size_t> bare;  // functions without their namespaces
  for (std::size_t at = xml.find("<compound "); at != xml.npos;) {
    const std::size_t next = xml.find("<compound ", at + 1);
    const std::string_view compound = std::string_view(xml).substr(at, next - at);
    at = next;
    const std::string kind = kind_of(compound);
    if (kind != "class" && kind != "struct" && kind != "namespace") continue;
    const std::string full = inside(compound, "name");
    if (full.starts_with("std") || full.find('<') != full.npos) continue;
    const std::string name = without_kindling(full == "kindling" ? "" : full);
    if (kind != "namespace") all_.push_back({name, kind, "api/" + inside(compound, "filename")});
    for (std::size_t m = compound.find("<member "); m != compound.npos;
         m = compound.find("<member ", m + 1)) {
      const std::string_view member = compound.substr(m, compound.find("</member>", m) - m);
      const std::string called = inside(member, "name");
      if (called.starts_with("@")) continue;
      if (kind == "namespace") bare.try_emplace(called, all_.size());
      all_.push_back({name.empty() ? called : name + "::" + called, kind_of(member),
                      "api/" + inside(member, "anchorfile") + "#" + inside(member, "anchor")});
    }
  }
  for (std::size_t i = 0; i < all_.size(); ++i) {
    by_name_.try_emplace(all_[i].name, i);
    // "Linear::forward" is enough, and so is the name of a type.
    const bool type = all_[i].kind == "class" || all_[i].kind == "struct";
    const std::size_t cut = all_[i].name.rfind("::");
    if (type && cut != std::string::npos) by_name_.try_emplace(all_[i].name.substr(cut + 2), i);
    if (!type) by_name_.try_emplace(last_two(all_[i].name), i);
  }
  for (const auto& [name, i] : bare) by_name_.try_emplace(name, i);
}

const Symbol* Symbols::find(std::string_view name) const {
  if (name.starts_with("kindling::")) name.remove_prefix(10);
  if (name.ends_with("()")) name.remove_suffix(2);
  const auto at = by_name_.find(name);
  return at == by_name_.end() ? nullptr : &all_[at->second];
}

const Home* Symbols::home(const std::string& name) const {
  const auto at = homes_.find(last_two(name));
  return at == homes_.end() ? nullptr : &at->second;
}

}  // namespace book
