#pragma once
#include <filesystem>
#include <string>
#include <vector>

namespace book {

/// Where the book's parts come from; an empty path is a package that is not installed.
struct Sources {
  std::filesystem::path root;                ///< the checkout
  std::filesystem::path build;               ///< <root>/build/reference: the programs
  std::filesystem::path out;                 ///< the book
  std::filesystem::path doxygen;             ///< the program
  std::filesystem::path katex;               ///< the folder with katex.min.js
  std::vector<std::filesystem::path> fonts;  ///< the folders that Inter and the others are in
  std::string repository;  ///< its address for readers; empty: that of git's remote
};

}  // namespace book
