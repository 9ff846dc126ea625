#pragma once
#include <array>
#include <cstdint>
#include <memory>
#include <string>

#include "kindling/tensor.h"

/// GPUs: torch.cuda. In a build without them, is_available() is false, device_count() 0, and all
/// else throws an Error that says why.
///
/// Threads: every function may be called from any thread. Each thread has
/// a current stream of its own choice; between two streams only Events make an order.
namespace kindling::cuda {

/// "NVIDIA H100 80GB HBM3", or what the simulator calls itself.
std::string get_device_name(int device = 0);
/// What no other device in the world has: 16 bytes.
std::array<std::int64_t, 2> device_uuid(int device = 0);
/// Whether `cuda` is computed by the CPU: see common/simulator/README.md.
bool is_simulated();
/// Waits until the device has done all it was told. \throws Error if a kernel found a bad index or
/// label meanwhile
void synchronize(int device = 0);

/// Whether products of float32 matrices may round their operands to TF32, which has 10 bits behind
/// the point instead of 23, and be several times faster: torch.backends.cuda.matmul.allow_tf32.
/// False at first.
bool allow_tf32();
void set_allow_tf32(bool);

// Streams ----------------------------------------------------------------------------------------

/// A moment in a stream, which others can wait for, and between two of which time is measured.
class Event {
 public:
  explicit Event(int device = 0);
  /// The moment when all that is in the current stream now has been done.
  void record();
  void synchronize() const;  ///< waits for it
  bool query() const;        ///< whether it is past
  /// Milliseconds from this moment to `end`. \throws Error unless both are past
  float elapsed_time(const Event& end) const;

  void* handle() const { return event_.get(); }  ///< the cudaEvent_t

 private:
  int device_;
  std::shared_ptr<void> event_;
};

/// A queue of work for a device: what is in one stream runs in order, what is in several may
/// overlap. Copies are handles on the same queue.
class Stream {
 public:
  explicit Stream(int device = 0);
  void synchronize() const;       ///< waits until it is empty
  bool query() const;             ///< whether it is empty
  void wait(const Event&) const;  ///< what is put into it from now on waits for the event

  int device() const { return device_; }
  void* handle() const { return stream_.get(); }  ///< the cudaStream_t; null for the default one
  const std::shared_ptr<void>& owner() const { return stream_; }

  friend Stream default_stream(int device);
  friend Stream current_stream(int device);

 private:
  Stream(int device, std::shared_ptr<void> stream) : device_(device), stream_(std::move(stream)) {}
  int device_;
  std::shared_ptr<void> stream_;
};

/// Where operations go unless a StreamGuard says otherwise.
Stream default_stream(int device = 0);
/// Where this thread's operations on the device go now.
Stream current_stream(int device = 0);

/// This thread's operations go to another stream while one of these lives: torch.cuda.stream.
/// Memory belongs to the stream that was current when it was allocated: before another one uses it,
/// let that one wait() for an Event, and see record_stream().
class StreamGuard {
 public:
  explicit StreamGuard(const Stream& stream);
  ~StreamGuard();
  StreamGuard(const StreamGuard&) = delete;
  StreamGuard& operator=(const StreamGuard&) = delete;

 private:
  Stream before_;
};

/// Tells that `stream` uses the tensor's memory: once the tensor is gone, nobody gets that memory
/// before the stream has done what is in it now. For a tensor allocated in another stream.
void record_stream(const Tensor&, const Stream& stream);

// Memory -----------------------------------------------------------------------------------------
// What tensors free is kept for the next ones: asking the driver costs as much as many kernels. All
// sizes are bytes.

std::int64_t memory_allocated(int device = 0);      ///< in tensors, rounded up to blocks
std::int64_t max_memory_allocated(int device = 0);  ///< the most since the last reset
void reset_peak_memory_stats(int device = 0);
std::int64_t memory_reserved(int device = 0);  ///< taken from the driver: in tensors, and cached
/// Gives what is cached back to the driver.
void empty_cache(int device = 0);
/// The numbers above and more, as a table.
std::string memory_summary(int device = 0);

/// A tensor in pinned memory of the CPU (see Tensor::pin_memory()), whose elements are yet to be
/// written. Pinned memory that has been freed is kept for the next.
Tensor empty_pinned(const Shape&, DType);

}  // namespace kindling::cuda
