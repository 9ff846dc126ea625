#pragma once
#include <cstddef>
#include <filesystem>
#include <span>

namespace kindling {

/// A file that is seen complete or not at all. It is written beside its place, as ".NAME.part", and
/// moved there by commit(), in one step of the file system; without it, the part disappears with
/// this object. One that a killed process left behind is overwritten by the next. Several writers,
/// of any process, wait for each other.
class AtomicFile {
 public:
  /// \throws Error if it cannot be created
  explicit AtomicFile(std::filesystem::path path);
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  /// \throws Error if it cannot be written: a full disk
  void write(std::span<const std::byte> bytes);
  /// Brings the content to the disk, then the name.
  /// \throws Error if either fails; the older file is still there then
  void commit();

 private:
  [[noreturn]] void fail_with_errno(const char* what) const;

  std::filesystem::path path_, part_;
  int descriptor_ = -1;
};

}  // namespace kindling
