#pragma once
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "tools/exercises.h"

namespace book {

/// A name of the public interface: where it is described, and where it is built.
struct Symbol {
  std::string name;  ///< without kindling::, such as "nn::Linear::forward"
  std::string kind;  ///< Doxygen's: "class", "struct", "function", "variable", …
  std::string url;   ///< from the book's top: "api/classkindling_1_1Tensor.html#a1…"
};

/// Where a function's body stands, and whether that file is one that learners write in.
struct Home {
  std::string file;      ///< "02_autograd/backward.cpp" within solutions/, or "common/src/…"
  std::string exercise;  ///< "2.4", whose file this is; or empty
};

/// Everything that has a name: from Doxygen's tag file, and from the sources.
class Symbols {
 public:
  Symbols(const std::filesystem::path& root, const std::vector<learn::Exercise>& exercises);
  void read_tags(const std::filesystem::path& tag_file);

  const std::vector<Symbol>& all() const { return all_; }
  /// What `name` means in a chapter: "Tensor", "nn::Linear", "Tensor::backward()", "kindling::sum";
  /// null if nothing.
  const Symbol* find(std::string_view name) const;
  /// By "Tensor::backward" or "sum_to"; null if its body is in no .cpp file.
  const Home* home(const std::string& name) const;

 private:
  std::vector<Symbol> all_;
  std::map<std::string, std::size_t, std::less<>> by_name_;  // also by the ends of their names
  std::map<std::string, Home> homes_;
};

}  // namespace book
