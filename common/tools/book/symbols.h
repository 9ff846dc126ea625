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
  std::string name;        ///< without kindling::, such as "nn::Linear::forward"
  std::string kind;        ///< Doxygen's: "class", "struct", "function", "variable", …
  std::string url;         ///< from the book's top: "api/classkindling_1_1Tensor.html#a1…"
  std::string parameters;  ///< of a function: "(const Tensor &x, bool keepdim=false)"
};

/// Where a function's body stands, and whether that file is one that learners write in.
struct Home {
  std::string file;       ///< from the checkout: "solutions/02_autograd/backward.cpp"
  std::string exercise;   ///< "2.4", whose file this is; or empty
  std::string signature;  ///< "Tensor::backward(bool retain_graph) const"
};

/// Everything that has a name: from Doxygen's tag file, and from the sources.
class Symbols {
 public:
  Symbols(const std::filesystem::path& root, const std::vector<learn::Exercise>& exercises);
  Symbols(const Symbols&) = delete;  // by_name_ points into all_
  Symbols& operator=(const Symbols&) = delete;
  void read_tags(const std::filesystem::path& tag_file);

  const std::vector<Symbol>& all() const { return all_; }
  /// What `name` means in a chapter: "Tensor", "nn::Linear", "Tensor::backward()", "kindling::sum";
  /// null if nothing, or if several are called that.
  const Symbol* find(std::string_view name) const;
  /// Null if its body is in no .cpp or .cu file. Of overloads, that with the symbol's parameters.
  const Home* home(const Symbol& symbol) const;
  /// The public header that declares it: "common/include/kindling/tensor.h"; empty if none does.
  std::string header(const Symbol& symbol) const;

 private:
  std::vector<Symbol> all_;
  std::map<std::string, const Symbol*, std::less<>> by_name_;  // also by the ends of their names
  std::map<std::string, std::vector<Home>> homes_;             // by "nn::Linear::forward"
  std::map<std::string, std::string> headers_;                 // by "nn::Linear"
};

}  // namespace book
