#pragma once
#include <map>
#include <string>

#include "tools/book/book.h"

namespace book {

/// Which chapter builds what of the public interface: a function, the one that has its body, or
/// that lists its file under "Where things are"; all else, the one that lists its header there.
class Builders {
 public:
  explicit Builders(const Book& book);

  /// Null for what is given: plumbing that no chapter is about.
  const Chapter* of(const Symbol& symbol) const;
  /// `file`: "common/include/kindling/tensor.h"
  const Chapter* of_file(const std::string& file) const;

 private:
  const Book& book_;
  std::map<std::string, const Chapter*> files_;  // in common/
};

}  // namespace book
