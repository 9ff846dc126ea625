#pragma once
#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include "tools/book/chapter_text.h"
#include "tools/book/markdown.h"
#include "tools/book/search_index.h"
#include "tools/book/sources.h"
#include "tools/book/symbols.h"
#include "tools/exercises.h"

namespace book {

struct Chapter {
  std::string folder;  ///< "01_tensors"
  int number = 0;
  std::string name;   ///< "Tensors"
  std::string brief;  ///< what one builds, from the table of the README
  bool here = false;  ///< not only planned
  Rendered text;
  std::string url() const { return folder + ".html"; }
};

/// What all pages are made of, and what is found out on the way.
struct Book {
  explicit Book(const Sources& from);

  Sources sources;
  Truth truth;
  std::vector<learn::Exercise> exercises;
  std::vector<Chapter> chapters;
  Symbols symbols;
  std::set<std::string> files;  ///< of code, those that have a page: "solutions/01_tensors/…"
  SearchIndex index;
  std::vector<std::string> complaints;

  std::filesystem::path scratch() const { return sources.out / ".scratch"; }
  void complain(const std::string& what) { complaints.push_back(what); }

  /// The chapter in `folder`, such as "01_tensors"; null where there is none, or only a plan.
  const Chapter* chapter_in(const std::string& folder) const;
  /// By "2.4"; null if there is none.
  const learn::Exercise* exercise(const std::string& number) const;
};

/// Where a file of code, or an exercise's section, is in the book, from its top.
std::string url_of_file(const std::string& file);
std::string url_of(const learn::Exercise& exercise);

}  // namespace book
