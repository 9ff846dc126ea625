#pragma once
#include <string>

#include "tools/book/book.h"

namespace book {

/// What the link `address` in the text of the chapter in `folder` means in the book. A file that
/// has no page comes along. \throws std::runtime_error for a dead one
std::string resolved_link(const Book& book, const std::string& address, const std::string& folder);

/// A file that the text names as code, and what else it might mean.
struct FileName {
  std::string file;  ///< "common/src/cuda/reduce.cu"; empty if it is none of ours
  std::vector<std::string> candidates;  ///< several, where the text does not say which
};
/// `name` is a path, or the end of one. A name alone is in the folder of `beside`, the path that
/// the same paragraph or cell names before it; else it has to be the only file of that name.
FileName resolved_file(const Book& book, const std::string& name, const std::string& beside);

/// The address, from the book's top, of what is named as code: a file, `row_major_strides`,
/// `Tensor::backward()`. Empty where the word is nothing of ours. \throws std::runtime_error where
/// it may be one of several files
std::string resolved_name(const Book& book, const std::string& code, const std::string& beside);

/// What the text of a chapter says of files without saying which: "`reduce.cu` may be …".
std::vector<std::string> unclear_files(const Book& book, const std::filesystem::path& readme);

}  // namespace book
