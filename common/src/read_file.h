#pragma once
#include <sys/types.h>

#include <cstddef>
#include <filesystem>
#include <vector>

#include "error_text.h"
#include "kindling/check.h"

namespace kindling {

/// "a folder", "a device": what a file with this st_mode is.
const char* kind_of_file(mode_t mode);

/// Why a file cannot be read, as far as that can be said without opening it; empty if nothing is
/// known against it. A pipe has to be allowed: whoever opens it waits for its writer.
std::string why_unreadable(const std::filesystem::path& path, bool may_be_pipe);

/// All bytes of a file, or a pipe; of one compressed with gzip, what it holds. Memory grows with
/// what has been read, whatever the file says of itself.
/// \throws Error with the path and the reason if it cannot be read to its end, or its checksum is
/// wrong
std::vector<std::byte> read_file(const std::filesystem::path& path);

/// What `read` returns, which reads a file into memory; an Error if there is not enough of it.
template <class Read>
auto read_into_memory(const std::filesystem::path& path, const Read& read) {
  try {
    return read();
  } catch (const std::bad_alloc&) {
  } catch (const std::length_error&) {
  }
  fail(printable_path(path), ": cannot be read: there is not enough memory for it");
}

}  // namespace kindling
