#include "atomic_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "kindling/check.h"

namespace kindling {

namespace fs = std::filesystem;

/// Whether the name still belongs to the file that was opened: whoever held the lock before us may
/// have moved it away.
static bool is_still_named(int descriptor, const fs::path& name) {
  struct stat opened {};
  struct stat named {};
  return fstat(descriptor, &opened) == 0 && stat(name.c_str(), &named) == 0 &&
         opened.st_dev == named.st_dev && opened.st_ino == named.st_ino;
}

/// Waits until nobody else writes it. Some file systems of clusters have no locks; what two writers
/// do to each other there is not seen.
static bool lock(int descriptor) {
  return flock(descriptor, LOCK_EX) == 0 || errno == ENOLCK || errno == ENOSYS ||
         errno == EOPNOTSUPP;
}

AtomicFile::AtomicFile(fs::path path)
    : path_(std::move(path)),
      part_(path_.parent_path() / (std::string(".").append(path_.filename().string()) + ".part")) {
  check(!fs::is_directory(path_), path_.string(), ": cannot be written: it is a folder");
  while (true) {
    descriptor_ = open(part_.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
    if (descriptor_ < 0) fail_with_errno("cannot be written");
    const bool is_ours = lock(descriptor_);
    const int reason = errno;
    if (is_ours && is_still_named(descriptor_, part_)) break;
    close(descriptor_);
    errno = reason;
    if (!is_ours && reason != EINTR) fail_with_errno("cannot be locked");
  }
  if (ftruncate(descriptor_, 0) != 0) {
    const int reason = errno;
    close(descriptor_);
    errno = reason;
    fail_with_errno("cannot be written");
  }
}

AtomicFile::~AtomicFile() {
  if (descriptor_ < 0) return;
  unlink(part_.c_str());
  close(descriptor_);
}

void AtomicFile::fail_with_errno(const char* what) const {
  fail(path_.string(), ": ", what, ": ", std::strerror(errno),
       fs::exists(path_) ? "; the older file is still there" : "");
}

void AtomicFile::write(std::span<const std::byte> bytes) {
  constexpr std::size_t piece = 16 << 20;
  while (!bytes.empty()) {
    const ssize_t written = ::write(descriptor_, bytes.data(), std::min(bytes.size(), piece));
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) fail_with_errno("cannot be written");
#ifdef SYNC_FILE_RANGE_WRITE
    // The disk begins with this piece while the next one is copied: commit() waits for less.
    sync_file_range(descriptor_, 0, 0, SYNC_FILE_RANGE_WRITE);
#endif
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
}

void AtomicFile::commit() {
  if (fsync(descriptor_) != 0) fail_with_errno("cannot be flushed to the disk");
  if (rename(part_.c_str(), path_.c_str()) != 0) fail_with_errno("cannot be renamed");
  close(descriptor_);
  descriptor_ = -1;
  // The new name is on the disk when the folder is. Some file systems cannot do that; then there is
  // nothing to be done.
  const fs::path folder = path_.has_parent_path() ? path_.parent_path() : fs::path(".");
  if (const int opened = open(folder.c_str(), O_RDONLY | O_CLOEXEC); opened >= 0) {
    fsync(opened);
    close(opened);
  }
}

}  // namespace kindling
