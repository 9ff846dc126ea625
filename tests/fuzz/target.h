#pragma once
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <span>
#include <string>

#include "kindling/check.h"

/// What the fuzzing targets share. Each defines LLVMFuzzerTestOneInput(), which is called again and
/// again with bytes that libFuzzer has made up. A reader may read them or throw an Error; whatever
/// else it does is a find.
namespace kindling::fuzz {

/// A file with this content, in memory where there is such a place. The next one replaces it.
inline std::filesystem::path file_of(std::span<const std::uint8_t> bytes) {
  static const std::filesystem::path path =
      std::filesystem::path(std::filesystem::exists("/dev/shm") ? "/dev/shm" : "/tmp") /
      ("kindling-fuzz-" + std::to_string(getpid()));
  static const struct Removal {
    ~Removal() { std::filesystem::remove(path); }
  } removal;
  std::ofstream(path, std::ios::binary)
      .write(reinterpret_cast<const char*>(bytes.data()), std::ssize(bytes));
  return path;
}

/// Calls `read`, which may throw an Error.
template <class Read>
void expect_error_only(const Read& read) {
  try {
    read();
  } catch (const Error&) {
  }
}

}  // namespace kindling::fuzz
