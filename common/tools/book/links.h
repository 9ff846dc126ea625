#pragma once
#include <string>

#include "tools/book/book.h"

namespace book {

/// What the link `address` in the text of the chapter in `folder` means in the book. A file that
/// has no page comes along. \throws std::runtime_error for a dead one
std::string resolved_link(const Book& book, const std::string& address, const std::string& folder);

/// The address, from the book's top, of what is named as code: `solutions/01_tensors/strides.cpp`,
/// `strides.cpp` in the chapter in `folder`, `row_major_strides`, `Tensor::backward()`. Empty where
/// the word is nothing of ours.
std::string resolved_name(const Book& book, const std::string& code, const std::string& folder);

}  // namespace book
