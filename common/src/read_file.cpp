#include "read_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <string>

namespace kindling {

const char* kind_of_file(mode_t mode) {
  if (S_ISREG(mode)) return "a regular file";
  if (S_ISDIR(mode)) return "a folder";
  if (S_ISFIFO(mode)) return "a FIFO (a pipe)";
  if (S_ISSOCK(mode)) return "a socket";
  if (S_ISCHR(mode) || S_ISBLK(mode)) return "a device";
  return "something else";
}

std::string why_unreadable(const std::filesystem::path& path, bool may_be_pipe) {
  if (path.native().find('\0') != std::string::npos) return std::strerror(EINVAL);
  struct stat found {};
  if (stat(path.c_str(), &found) != 0) return std::strerror(errno);
  if (S_ISREG(found.st_mode) || (may_be_pipe && S_ISFIFO(found.st_mode))) return {};
  return std::string("it is not a regular file, but ") + kind_of_file(found.st_mode);
}

std::vector<std::byte> read_file(const std::filesystem::path& path) {
  const std::string name = printable_path(path);
  const std::string against = why_unreadable(path, true);
  check(against.empty(), name, ": cannot be opened: ", against);
  constexpr std::size_t block = 1 << 18;
  errno = 0;
  std::unique_ptr<gzFile_s, int (*)(gzFile)> file(gzopen(path.c_str(), "rb"), &gzclose_r);
  check(file != nullptr, name, ": cannot be opened: ", std::strerror(errno ? errno : ENOMEM));
  gzbuffer(file.get(), block);

  std::vector<std::byte> bytes;
  while (true) {
    const std::size_t before = bytes.size();
    bytes.resize(before + block);
    errno = 0;
    const int got = gzread(file.get(), bytes.data() + before, block);
    const int system_error = errno;
    // A stream that was cut off gives what there is, and then this error in place of its end.
    int code = Z_OK;
    std::string reason = gzerror(file.get(), &code);
    if (code == Z_ERRNO) reason = std::strerror(system_error);
    if (code == Z_BUF_ERROR) reason = "the compressed data ends too early";
    if (reason.starts_with(path.string() + ": ")) reason.erase(0, path.string().size() + 2);
    check(got >= 0 && code != Z_BUF_ERROR, name, ": cannot be read: ", reason);
    bytes.resize(before + static_cast<std::size_t>(got));
    if (got == 0) break;
  }
  const int status = gzclose_r(file.release());
  check(status != Z_BUF_ERROR, name, ": cannot be read: the compressed data ends too early");
  check(status == Z_OK, name, ": cannot be read to its end");
  bytes.shrink_to_fit();
  return bytes;
}

}  // namespace kindling
