#pragma once
#include <cstdint>
#include <memory>
#include <type_traits>
#include <vector>

#include "kindling/cuda.h"
#include "kindling/kernel.h"

/// What all files of the CUDA backend share: the current device, its current stream, and its
/// memory.
namespace kindling::cuda {

constexpr int max_devices = 16;

/// Makes `device` the one that this thread's calls go to.
void use_device(int device);
/// For calls that concern all devices: a thread that has chosen none takes one that the process
/// uses, and does not wake GPU 0, which may be another rank's.
void use_any_device();
/// The stream of this thread for a device, which is made the current one.
cudaStream_t stream_of(int device);
inline cudaStream_t stream_of(const Tensor& t) { return stream_of(t.device().index); }
/// How many blocks run at once is a multiple of this.
int multiprocessors(int device);

/// How many blocks a grid may have along x, y and z; the same for all devices.
const Extent& max_grid_size();

/// Whether what was asked about is past: `answer` is cudaEventQuery's or cudaStreamQuery's. "Not
/// yet" is an answer and no error. CUDA 13.0 was seen not to keep it as the last error, which the
/// next launch would report; PyTorch takes it back all the same, and so does this. The simulator
/// keeps it. \throws Error for any other
bool is_done(cudaError_t answer, const char* call);

struct DestroyEvent {
  void operator()(cudaEvent_t event) const { cudaEventDestroy(event); }
};
using OwnedEvent = std::unique_ptr<std::remove_pointer_t<cudaEvent_t>, DestroyEvent>;
/// The moment when all that is in the stream now has been done.
OwnedEvent record_event(cudaStream_t stream);
/// Whether all of them are past.
bool are_past(const std::vector<OwnedEvent>& events);

/// The caching allocator of a device (allocator.cu). Memory is ready for the stream that is
/// current.
std::byte* allocate(int device, std::int64_t bytes);
void deallocate(int device, std::byte* data) noexcept;

/// The stream reads or writes this pinned memory: it is not given to anybody else before that is
/// done.
void record_pinned(const Storage&, int device, cudaStream_t);

// Bad indices ------------------------------------------------------------------------------------
// Whether an index is in range is known on the device only, and asking would stop the host at every
// gather until the device has caught up. So kernels leave such an element alone and put a note into
// memory that the host can read; the host looks there whenever it waits for the device anyway, and
// before every further operation with indices. The error comes late, as PyTorch's, but the device
// goes on working after it.

/// The first bad index of a device.
struct IndexError {
  const char* operation;  // a string literal of the host: the device only carries the pointer
  std::int64_t index;
  std::int64_t size;
};

/// What kernels are given to report with.
struct IndexReport {
  int* claimed;        // on the device: 1 once somebody has written
  IndexError* first;   // on the host, pinned
  volatile int* seen;  // on the host, pinned: written last
  const char* operation;

  /// Whether index is in [0, size); else it is noted.
  __device__ bool check(std::int64_t index, std::int64_t size) const {
    if (0 <= index && index < size) return true;
    if (atomicCAS(claimed, 0, 1) == 0) {
      first->operation = operation;
      first->index = index;
      first->size = size;
      __threadfence_system();
      *seen = 1;
    }
    return false;
  }
};

/// \throws Error for an earlier bad index
IndexReport index_report(int device, const char* operation);
/// Called after waiting. \throws Error if a kernel reported a bad index
void throw_index_error(int device);

/// Waits for the thread's current stream of the device, and looks for bad indices.
void synchronize_stream(int device);

}  // namespace kindling::cuda
