#pragma once
#include <doctest/doctest.h>
#include <unistd.h>
#include <zlib.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <random>
#include <string>
#include <string_view>

#include "kindling/check.h"
#include "testing/oracle.h"  // which the exercises of chapters 5 and 6 include with these files

namespace kindling::testing {

namespace fs = std::filesystem;

/// A folder that disappears with its variable; in memory where there is such a place, for tests
/// that write thousands of files.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    const fs::path memory = "/dev/shm";
    std::string pattern =
        (fs::exists(memory) ? memory : fs::temp_directory_path()) / "kindling-XXXXXX";
    if (!mkdtemp(pattern.data())) throw std::runtime_error("no temporary folder");
    path_ = pattern;
  }
  ~TemporaryFolder() { fs::remove_all(path_); }
  TemporaryFolder(const TemporaryFolder&) = delete;
  fs::path operator/(const std::string& name) const { return path_ / name; }
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

inline fs::path write(const fs::path& path, std::string_view content) {
  std::ofstream(path, std::ios::binary)
      .write(content.data(), static_cast<std::streamsize>(content.size()));
  return path;
}

inline std::string read(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

inline std::string gzip(const std::string& content) {
  z_stream stream{};
  deflateInit2(&stream, 9, Z_DEFLATED, 15 + 16, 9, Z_DEFAULT_STRATEGY);
  std::string out(deflateBound(&stream, content.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(content.data()));
  stream.avail_in = static_cast<uInt>(content.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

/// What the Error that `f` throws says.
template <class F>
std::string message_of(F&& f) {
  try {
    f();
  } catch (const Error& error) {
    return error.what();
  }
  return "(no error)";
}

/// Damaged copies of a file, the same ones every time: cut off after every byte, each byte changed
/// in four ways, stretches removed, doubled, zeroed and overwritten by large numbers.
void for_each_damaged(const std::string& file, int random_ones,
                      const std::function<void(const std::string& damaged)>& visit);

inline bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != text.npos;
}

}  // namespace kindling::testing

/// The expression throws an Error whose text has this part.
#define CHECK_FAILS(expression, part)                                                      \
  do {                                                                                     \
    const std::string text = ::kindling::testing::message_of([&] { (void)(expression); }); \
    CHECK_MESSAGE(::kindling::testing::contains(text, part), text);                        \
  } while (false)
