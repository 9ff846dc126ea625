#include <algorithm>
#include <array>
#include <atomic>
#include <cstring>
#include <mutex>
#include <vector>

#include "cuda/runtime.h"

/// Devices, streams, events, and cuBLAS.
namespace kindling::cuda {
namespace {

/// What is asked once for each device.
struct DeviceState {
  std::string name;
  int multiprocessors = 0;
  std::array<std::int64_t, 2> uuid{};
  IndexReport report{};
  std::mutex mutex;  // of the report
};

thread_local int current_device = -1;  // not known yet
std::atomic<int> last_device = 0;      // that any thread has used
thread_local std::array<cudaStream_t, max_devices> current_streams{};
thread_local std::array<std::shared_ptr<void>, max_devices> current_owners;  // of those streams

std::atomic<bool> tf32 = false;

/// Never destroyed: tensors may be freed after it would be.
DeviceState& state_of(int device) {
  static auto* states = new std::array<DeviceState, max_devices>;
  static auto* once = new std::array<std::once_flag, max_devices>;
  DeviceState& state = (*states)[device];
  std::call_once((*once)[device], [&] {
    use_device(device);
    cudaDeviceProp properties{};
    KINDLING_CUDA_CHECK(cudaGetDeviceProperties(&properties, device));
    state.name = properties.name;
    state.multiprocessors = properties.multiProcessorCount;
    static_assert(sizeof(state.uuid) == sizeof(properties.uuid));
    std::memcpy(state.uuid.data(), &properties.uuid, sizeof(properties.uuid));
    void *claimed = nullptr, *noted = nullptr;
    KINDLING_CUDA_CHECK(cudaMalloc(&claimed, sizeof(int)));
    KINDLING_CUDA_CHECK(cudaMemset(claimed, 0, sizeof(int)));
    KINDLING_CUDA_CHECK(cudaMallocHost(&noted, sizeof(IndexError) + sizeof(int)));
    auto* first = static_cast<IndexError*>(noted);
    auto* seen = reinterpret_cast<int*>(first + 1);
    *seen = 0;
    state.report = {static_cast<int*>(claimed), first, seen, ""};
  });
  return state;
}

void check_device(int device) {
  check(0 <= device && device < device_count(), "expected a CUDA device in [0, ", device_count(),
        "), got ", device);
}

}  // namespace

int device_count() {
  static const int count = [] {
    int found = 0;
    if (cudaGetDeviceCount(&found) != cudaSuccess) {
      cudaGetLastError();  // no driver is no error here, and must not show up later
      return 0;
    }
    return std::min(found, max_devices);
  }();
  return count;
}

bool is_available() { return device_count() > 0; }

void use_device(int device) {
  if (device == current_device) return;
  KINDLING_CUDA_CHECK(cudaSetDevice(device));
  current_device = last_device = device;
}

void use_any_device() {
  if (current_device < 0) use_device(last_device);
}

cudaStream_t stream_of(int device) {
  use_device(device);
  return current_streams[device];
}

const Extent& max_grid_size() {
  static const Extent size = [] {
    cudaDeviceProp properties{};
    KINDLING_CUDA_CHECK(cudaGetDeviceProperties(&properties, 0));
    const auto& [x, y, z] = properties.maxGridSize;
    return Extent(x, y, z);
  }();
  return size;
}

int multiprocessors(int device) { return state_of(device).multiprocessors; }

std::string get_device_name(int device) {
  check_device(device);
  return state_of(device).name;
}

std::array<std::int64_t, 2> device_uuid(int device) {
  check_device(device);
  return state_of(device).uuid;
}

bool is_simulated() {
#ifdef __CUDACC__
  return false;
#else
  return is_available();
#endif
}

void synchronize(int device) {
  check_device(device);
  use_device(device);
  KINDLING_CUDA_CHECK(cudaDeviceSynchronize());
  throw_index_error(device);
}

void synchronize_stream(int device) {
  KINDLING_CUDA_CHECK(cudaStreamSynchronize(stream_of(device)));
  throw_index_error(device);
}

// Bad indices ------------------------------------------------------------------------------------

void throw_index_error(int device) {
  DeviceState& state = state_of(device);
  if (*state.report.seen == 0) return;
  const std::scoped_lock lock(state.mutex);
  if (*state.report.seen == 0) return;  // another thread has thrown it
  const IndexError error = *state.report.first;
  *state.report.seen = 0;
  use_device(device);
  KINDLING_CUDA_CHECK(cudaDeviceSynchronize());  // nobody writes while the note is wiped off
  KINDLING_CUDA_CHECK(cudaMemset(state.report.claimed, 0, sizeof(int)));
  *state.report.seen = 0;
  fail(error.operation, ": index ", error.index, " is out of bounds for dimension with size ",
       error.size, " (found on cuda:", device, ", where it may belong to an earlier operation)");
}

IndexReport index_report(int device, const char* operation) {
  throw_index_error(device);
  IndexReport report = state_of(device).report;
  report.operation = operation;
  return report;
}

// Streams and events -----------------------------------------------------------------------------

Stream::Stream(int device) : device_(device) {
  check_device(device);
  use_device(device);
  cudaStream_t stream = nullptr;
  KINDLING_CUDA_CHECK(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking));
  stream_ = std::shared_ptr<void>(stream, [](void* made) {
    cudaStreamDestroy(static_cast<cudaStream_t>(made));  // it finishes its work all the same
  });
}

void Stream::synchronize() const {
  use_device(device_);
  KINDLING_CUDA_CHECK(cudaStreamSynchronize(static_cast<cudaStream_t>(handle())));
  throw_index_error(device_);
}

bool is_done(cudaError_t answer, const char* call) {
  if (answer == cudaErrorNotReady)
    cudaGetLastError();  // takes it back
  else
    cuda_check(answer, call);
  return answer == cudaSuccess;
}

OwnedEvent record_event(cudaStream_t stream) {
  cudaEvent_t made = nullptr;
  KINDLING_CUDA_CHECK(cudaEventCreateWithFlags(&made, cudaEventDisableTiming));
  OwnedEvent event(made);
  KINDLING_CUDA_CHECK(cudaEventRecord(made, stream));
  return event;
}

bool are_past(const std::vector<OwnedEvent>& events) {
  return std::ranges::all_of(events, [](const OwnedEvent& event) {
    return is_done(cudaEventQuery(event.get()), "cudaEventQuery");
  });
}

bool Stream::query() const {
  use_device(device_);
  return is_done(cudaStreamQuery(static_cast<cudaStream_t>(handle())), "cudaStreamQuery");
}

void Stream::wait(const Event& event) const {
  use_device(device_);
  KINDLING_CUDA_CHECK(cudaStreamWaitEvent(static_cast<cudaStream_t>(handle()),
                                          static_cast<cudaEvent_t>(event.handle()), 0));
}

Stream default_stream(int device) { return Stream(device, nullptr); }
Stream current_stream(int device) {
  check_device(device);
  return Stream(device, current_owners[device]);
}

static void make_current(const Stream& stream, std::shared_ptr<void> owner) {
  current_streams[stream.device()] = static_cast<cudaStream_t>(owner.get());
  current_owners[stream.device()] = std::move(owner);
}

StreamGuard::StreamGuard(const Stream& stream) : before_(current_stream(stream.device())) {
  make_current(stream, stream.owner());
}
StreamGuard::~StreamGuard() { make_current(before_, before_.owner()); }

Event::Event(int device) : device_(device) {
  check_device(device);
  use_device(device);
  cudaEvent_t event = nullptr;
  KINDLING_CUDA_CHECK(cudaEventCreate(&event));
  event_ = std::shared_ptr<void>(
      event, [](void* made) { cudaEventDestroy(static_cast<cudaEvent_t>(made)); });
}

void Event::record() {
  KINDLING_CUDA_CHECK(cudaEventRecord(static_cast<cudaEvent_t>(handle()), stream_of(device_)));
}
void Event::synchronize() const {
  KINDLING_CUDA_CHECK(cudaEventSynchronize(static_cast<cudaEvent_t>(handle())));
}
bool Event::query() const {
  return is_done(cudaEventQuery(static_cast<cudaEvent_t>(handle())), "cudaEventQuery");
}
float Event::elapsed_time(const Event& end) const {
  float milliseconds = 0;
  KINDLING_CUDA_CHECK(cudaEventElapsedTime(&milliseconds, static_cast<cudaEvent_t>(handle()),
                                           static_cast<cudaEvent_t>(end.handle())));
  return milliseconds;
}

bool allow_tf32() { return tf32; }
void set_allow_tf32(bool allow) { tf32 = allow; }

}  // namespace kindling::cuda
