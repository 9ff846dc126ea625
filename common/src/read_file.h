#pragma once
#include <cstddef>
#include <filesystem>
#include <vector>

namespace kindling {

/// All bytes of a file; of one compressed with gzip, what it holds. Memory grows with what has been
/// read, whatever the file says of itself.
/// \throws Error with the path and the reason if it cannot be read to its end, or its checksum is
/// wrong
std::vector<std::byte> read_file(const std::filesystem::path& path);

}  // namespace kindling
