#pragma once
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <string>

#include "kindling/tensor.h"

/// What the random programs see, on the way from the reference to whoever compares: behind
/// testing/beside.h, for nobody else.
namespace kindling::testing {

/// What was seen at one place of a program.
struct Seen {
  std::string what = {}, text = {};
  std::int64_t microseconds = 0;
  bool is_tensor = false;
  DType dtype = float32;
  Shape shape = {};
  std::string elements = {};

  Tensor tensor() const {
    Tensor x(shape, dtype);
    std::memcpy(x.storage().data(), elements.data(), elements.size());
    return x;
  }
};

/// What has been seen, one after the other: written here and read there, or here again.
class Transcript {
 public:
  virtual ~Transcript() = default;
  /// Whether this run is the one that the other is compared with.
  virtual bool writes() const = 0;
  virtual void write(const Seen&) = 0;
  virtual Seen read() = 0;
  virtual void flush() {}

  /// What read() will return.
  const Seen& peek() {
    if (!next_) next_ = read();
    return *next_;
  }
  Seen take() {
    Seen seen = peek();
    next_.reset();
    return seen;
  }

 private:
  std::optional<Seen> next_;
};

/// The reference program's, into the pipe reference_output.
std::unique_ptr<Transcript> write_to_judge();
/// The judge's: what reference_program says, which this starts.
std::unique_ptr<Transcript> read_from_reference();

/// In a chapter's own tests: what the first run writes, the second reads.
class ToItself : public Transcript {
 public:
  bool writes() const override { return !rereads_; }
  void write(const Seen&) override;
  Seen read() override;
  void reread() { rereads_ = true; }

 private:
  std::string bytes_;
  std::size_t at_ = 0;
  bool rereads_ = false;
};

}  // namespace kindling::testing
