#include "kindling/backend.h"
#include "kindling/cuda.h"

/// What the rest sees of a GPU in a build without one: the same functions, as an answer of no.
namespace kindling {

[[noreturn]] static void fail_without_cuda(const std::string& what) {
  fail(what,
       " is not available: this build of Kindling has no CUDA backend. Configure it with "
       "-DKINDLING_CUDA=simulated, or with auto on a machine that has a GPU and nvcc");
}

Backend& cuda_backend(int index) { fail_without_cuda("cuda:" + std::to_string(index)); }

namespace cuda {

bool is_available() { return false; }
int device_count() { return 0; }
bool is_simulated() { return false; }
std::string get_device_name(int) { fail_without_cuda("cuda::get_device_name"); }
std::array<std::int64_t, 2> device_uuid(int) { fail_without_cuda("cuda::device_uuid"); }
void synchronize(int) { fail_without_cuda("cuda::synchronize"); }

bool allow_tf32() { return false; }
void set_allow_tf32(bool) {}  // concerns nobody here, as in PyTorch

Event::Event(int) : device_(0) { fail_without_cuda("cuda::Event"); }
void Event::record() {}
void Event::synchronize() const {}
bool Event::query() const { return true; }
float Event::elapsed_time(const Event&) const { return 0; }

Stream::Stream(int) : device_(0) { fail_without_cuda("cuda::Stream"); }
void Stream::synchronize() const {}
bool Stream::query() const { return true; }
void Stream::wait(const Event&) const {}
Stream default_stream(int) { fail_without_cuda("cuda::default_stream"); }
Stream current_stream(int) { fail_without_cuda("cuda::current_stream"); }
StreamGuard::StreamGuard(const Stream& stream) : before_(stream) {}
StreamGuard::~StreamGuard() = default;
void record_stream(const Tensor&, const Stream&) { fail_without_cuda("cuda::record_stream"); }

std::int64_t memory_allocated(int) { return 0; }
std::int64_t max_memory_allocated(int) { return 0; }
void reset_peak_memory_stats(int) {}
std::int64_t memory_reserved(int) { return 0; }
void empty_cache(int) {}
std::string memory_summary(int) { fail_without_cuda("cuda::memory_summary"); }
Tensor empty_pinned(const Shape&, DType) { fail_without_cuda("cuda::empty_pinned"); }

}  // namespace cuda

Tensor Tensor::pin_memory() const { fail_without_cuda("pin_memory"); }
bool Tensor::is_pinned() const { return false; }

}  // namespace kindling
