#include "read_file.h"

#include <zlib.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <string>

#include "kindling/check.h"

namespace kindling {

std::vector<std::byte> read_file(const std::filesystem::path& path) {
  constexpr std::size_t block = 1 << 18;
  errno = 0;
  std::unique_ptr<gzFile_s, int (*)(gzFile)> file(gzopen(path.c_str(), "rb"), &gzclose_r);
  check(file != nullptr, path.string(), ": cannot be opened: ", std::strerror(errno));
  gzbuffer(file.get(), block);

  std::vector<std::byte> bytes;
  while (true) {
    const std::size_t before = bytes.size();
    bytes.resize(before + block);
    const int got = gzread(file.get(), bytes.data() + before, block);
    // A stream that was cut off gives what there is, and then this error in place of its end.
    int code = Z_OK;
    std::string reason = gzerror(file.get(), &code);
    if (code == Z_ERRNO) reason = std::strerror(errno);
    if (code == Z_BUF_ERROR) reason = "the compressed data ends too early";
    if (reason.starts_with(path.string() + ": ")) reason.erase(0, path.string().size() + 2);
    check(got >= 0 && code != Z_BUF_ERROR, path.string(), ": cannot be read: ", reason);
    bytes.resize(before + static_cast<std::size_t>(got));
    if (got == 0) break;
  }
  const int status = gzclose_r(file.release());
  check(status != Z_BUF_ERROR, path.string(),
        ": cannot be read: the compressed data ends too early");
  check(status == Z_OK, path.string(), ": cannot be read to its end");
  bytes.shrink_to_fit();
  return bytes;
}

}  // namespace kindling
