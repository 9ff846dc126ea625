#pragma once
#include <sys/types.h>

#include <cstddef>
#include <filesystem>
#include <span>

namespace kindling {

/// A file that is seen complete or not at all. It is written beside its place, as ".NAME.part", and
/// moved there by commit(), in one step of the file system; without it, the part disappears with
/// this object. Nobody waits: while others write the same file, in this process or another, the
/// part is ".NAME.1.part" and so on, and the last commit() wins. What killed processes left behind
/// is removed by the next writer.
///
/// A file that is replaced gives the new one its permissions, and its owner where that is allowed.
/// Where the path is a symbolic link, the file at its end is replaced. Other names that the old
/// file has (hard links) keep the old content.
class AtomicFile {
 public:
  /// \throws Error if it cannot be created, or the path is that of something other than a regular
  /// file
  explicit AtomicFile(const std::filesystem::path& path);
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  /// \throws Error if it cannot be written: a full disk
  void write(std::span<const std::byte> bytes);
  /// Brings the content to the disk, then the name.
  /// \throws Error if either fails; the older file is still there then
  void commit();

 private:
  struct Unopened {};
  AtomicFile(const std::filesystem::path& path, Unopened);
  void open_part(mode_t permissions);
  [[noreturn]] void fail_with(int reason, const char* what = "cannot be written") const;

  std::filesystem::path path_, target_, part_;  // as it was given, without links, beside that
  bool replaces_ = false;                       // there is an older file
  int descriptor_ = -1;
};

}  // namespace kindling
