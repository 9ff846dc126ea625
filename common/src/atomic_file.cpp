#include "atomic_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <optional>
#include <string>
#include <utility>

#include "error_text.h"
#include "kindling/check.h"
#include "read_file.h"

namespace kindling {

namespace fs = std::filesystem;

namespace {

/// As many writers as one file may have at a time.
constexpr int max_parts = 100;

fs::path folder_of(const fs::path& path) {
  return path.has_parent_path() ? path.parent_path() : fs::path(".");
}

/// What stands under this name itself, be it a link; nothing, and errno, if nothing does.
std::optional<struct stat> look_at(const fs::path& path) {
  struct stat found {};
  if (lstat(path.c_str(), &found) != 0) return std::nullopt;
  return found;
}

/// Whether the name belongs to the file that is open.
bool is_named(int descriptor, const fs::path& name) {
  struct stat opened {};
  const auto named = look_at(name);
  return named && fstat(descriptor, &opened) == 0 && opened.st_dev == named->st_dev &&
         opened.st_ino == named->st_ino;
}

/// A writer holds the lock of its part as long as it lives; so one without a lock is left over.
enum class Lock { ours, taken, unknown };  // some file systems of clusters have no locks
Lock try_lock(int descriptor) {
  if (flock(descriptor, LOCK_EX | LOCK_NB) == 0) return Lock::ours;
  return errno == EWOULDBLOCK ? Lock::taken : Lock::unknown;
}

/// ".NAME.part", ".NAME.1.part", …, with as much of NAME as the file system has room for.
fs::path part_beside(const fs::path& target, int number) {
  const fs::path folder = folder_of(target);
  const long limit = pathconf(folder.c_str(), _PC_NAME_MAX);
  const std::string suffix = number == 0 ? ".part" : '.' + std::to_string(number) + ".part";
  std::string name = '.' + target.filename().string();
  std::size_t length =
      std::min(name.size(), static_cast<std::size_t>(limit > 0 ? limit : 255) - suffix.size());
  // Not in the middle of a character of UTF-8, whose further bytes are 10xxxxxx.
  while (length > 1 && length < name.size() && (name[length] & 0xC0) == 0x80) --length;
  return target.parent_path() / (name.substr(0, length) + suffix);
}

/// Removes the part of a writer that lives no more. Only a file that could be ours is touched: who
/// put a link or a pipe there may mean somebody else's file.
/// \return whether the name is free now
bool remove_leftover(const fs::path& part) {
  const auto found = look_at(part);
  if (!found) return true;
  if (!S_ISREG(found->st_mode) || found->st_uid != geteuid()) return false;
  const int opened = open(part.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  if (opened < 0) return errno == ENOENT;
  const bool removed =
      try_lock(opened) == Lock::ours && is_named(opened, part) && unlink(part.c_str()) == 0;
  close(opened);
  return removed;
}

}  // namespace

AtomicFile::AtomicFile(const fs::path& path, Unopened) : path_(path), target_(path) {}

// The object is complete before anything is opened: if this throws, the destructor tidies up.
AtomicFile::AtomicFile(const fs::path& path) : AtomicFile(path, Unopened()) {
  if (path.native().find('\0') != std::string::npos) fail_with(EINVAL);
  constexpr int max_links = 40;  // as many as Linux itself follows
  auto found = look_at(target_);
  for (int links = 0; found && S_ISLNK(found->st_mode); ++links) {
    std::error_code error;
    const fs::path next = fs::read_symlink(target_, error);
    if (error || links == max_links) fail_with(error ? error.value() : ELOOP);
    target_ = target_.parent_path() / next;  // next itself, if it begins with /
    found = look_at(target_);
  }
  if (!found && errno != ENOENT) fail_with(errno);
  if (target_.filename().empty()) fail_with(target_.empty() ? ENOENT : EISDIR);
  replaces_ = found.has_value();
  if (!found) {
    open_part(0666);
    return;
  }
  check(S_ISREG(found->st_mode), printable_path(path_), ": cannot be written: it is ",
        kind_of_file(found->st_mode), ", not a regular file");
  if (faccessat(AT_FDCWD, target_.c_str(), W_OK, AT_EACCESS) != 0) fail_with(errno);
  open_part(0600);  // nobody else may read it before it has the permissions of the old one
  const bool is_owned = fchown(descriptor_, found->st_uid, found->st_gid) == 0;
  // Where the file system has no permissions, there are none to be kept.
  (void)!fchmod(descriptor_, found->st_mode & (is_owned ? 07777 : 0777));
}

/// Makes a file that nobody had before: what stands under the name already is never written to.
void AtomicFile::open_part(mode_t permissions) {
  int number = 0;
  while (descriptor_ < 0) {
    part_ = part_beside(target_, number);
    descriptor_ =
        open(part_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, permissions);
    if (descriptor_ >= 0) {
      // Another writer may have taken it for a leftover before we had the lock.
      const bool is_ours = try_lock(descriptor_) != Lock::taken && is_named(descriptor_, part_);
      if (!is_ours) close(std::exchange(descriptor_, -1));
    } else if (errno == EEXIST) {
      if (!remove_leftover(part_)) ++number;
      if (number == max_parts)
        fail(printable_path(path_), ": cannot be written: all names from ",
             printable_path(part_beside(target_, 0)), " to ", printable_path(part_),
             " are taken; remove them if nobody is writing this file");
    } else if (errno != EINTR) {
      fail_with(errno);
    }
  }
  // All of them: of several writers, any may have been killed while others came to their end.
  while (++number < max_parts) remove_leftover(part_beside(target_, number));
}

AtomicFile::~AtomicFile() {
  if (descriptor_ < 0) return;
  unlink(part_.c_str());
  close(descriptor_);
}

void AtomicFile::fail_with(int reason, const char* what) const {
  fail(printable_path(path_), ": ", what, ": ", std::strerror(reason),
       replaces_ ? "; the older file is still there" : "");
}

void AtomicFile::write(std::span<const std::byte> bytes) {
  constexpr std::size_t piece = 16 << 20;
  while (!bytes.empty()) {
    const ssize_t written = ::write(descriptor_, bytes.data(), std::min(bytes.size(), piece));
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) fail_with(errno);
#ifdef SYNC_FILE_RANGE_WRITE
    // The disk begins with this piece while the next one is copied: commit() waits for less.
    sync_file_range(descriptor_, 0, 0, SYNC_FILE_RANGE_WRITE);
#endif
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
}

void AtomicFile::commit() {
  if (fsync(descriptor_) != 0) fail_with(errno, "cannot be flushed to the disk");
  if (rename(part_.c_str(), target_.c_str()) != 0) fail_with(errno, "cannot be renamed");
  close(descriptor_);
  descriptor_ = -1;
  // The new name is on the disk when the folder is. Some file systems cannot do that; then there is
  // nothing to be done.
  if (const int opened = open(folder_of(target_).c_str(), O_RDONLY | O_CLOEXEC); opened >= 0) {
    fsync(opened);
    close(opened);
  }
}

}  // namespace kindling
