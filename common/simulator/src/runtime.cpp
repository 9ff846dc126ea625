#include "runtime.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <random>
#include <utility>

#include "arena.h"
#include "cuda_simulator/simulator.h"
#include "limits.h"
#include "program.h"

/// The runtime. Whatever is asked is done before the call returns, in the calling thread. A GPU,
/// which does it later, answers at first that it is not ready; so does the simulator, once after
/// each piece of work that nobody has waited for. Work is counted for that, over all streams.
struct CUstream_st {
  std::atomic<std::uint64_t> last = 0;  ///< the number of the last piece of work in it
};
struct CUevent_st {
  bool recorded = false, timed = true;
  std::chrono::steady_clock::time_point at;
  std::atomic<std::uint64_t> last = 0;  ///< of its stream, when it was recorded
};

using namespace cuda_simulator;

namespace {
thread_local constinit cudaError_t last_error = cudaSuccess;
thread_local constinit cudaError_t next_query = cudaSuccess;

CUstream_st default_stream;
std::atomic<std::uint64_t> pieces_of_work = 0;
std::atomic<std::uint64_t> pieces_known_done = 0;  ///< by those who have asked or waited

CUstream_st& stream_behind(cudaStream_t stream) { return stream ? *stream : default_stream; }

void know_done(std::uint64_t piece) {
  std::uint64_t known = pieces_known_done;
  while (known < piece && !pieces_known_done.compare_exchange_weak(known, piece)) {
  }
}

/// What cudaStreamQuery and cudaEventQuery answer.
cudaError_t ask(std::uint64_t piece) {
  if (next_query != cudaSuccess) return remember(std::exchange(next_query, cudaSuccess));
  if (piece <= pieces_known_done) return cudaSuccess;
  know_done(piece);
  return remember(cudaErrorNotReady);
}
}  // namespace

void cuda_simulator::fail_next_query(cudaError_t answer) noexcept { next_query = answer; }

void cuda_simulator::note_work(cudaStream_t stream) {
  stream_behind(stream).last = ++pieces_of_work;
}

const std::array<unsigned, 3>& limits::grid() {
  static const std::array<unsigned, 3> blocks = [] {
    std::array<unsigned, 3> of_h100 = {2147483647, 65535, 65535};
    if (const char* const text = std::getenv("KINDLING_SIMULATOR_GRID")) {
      auto& [x, y, z] = of_h100;
      std::sscanf(text, "%ux%ux%u", &x, &y, &z);
    }
    return of_h100;
  }();
  return blocks;
}

cudaError_t cuda_simulator::remember(cudaError_t error) {
  if (error != cudaSuccess) last_error = error;
  return error;
}

// Memory.

static cudaError_t allocate(Arena& arena, void** pointer, std::size_t bytes) {
  if (!pointer) return remember(cudaErrorInvalidValue);
  *pointer = nullptr;
  if (bytes == 0) return cudaSuccess;
  *pointer = arena.allocate(bytes);
  return *pointer ? cudaSuccess : remember(cudaErrorMemoryAllocation);
}
static cudaError_t release(Arena& arena, void* pointer) {
  return !pointer || arena.free(pointer) ? cudaSuccess : remember(cudaErrorInvalidValue);
}

cudaError_t cudaMalloc(void** pointer, std::size_t bytes) {
  const cudaError_t status = allocate(device_arena(), pointer, bytes);
  // Nobody shall rely on zeroes: a GPU gives what others have left. These are NaN, or -1.
  const std::size_t spoilt = std::min(bytes, std::size_t(1) << 20);
  if (status == cudaSuccess && *pointer) std::memset(*pointer, 0xff, spoilt);
  return status;
}
cudaError_t cudaFree(void* pointer) { return release(device_arena(), pointer); }
cudaError_t cudaMallocHost(void** pointer, std::size_t bytes, unsigned) {
  return allocate(pinned_arena(), pointer, bytes);
}
cudaError_t cudaHostAlloc(void** pointer, std::size_t bytes, unsigned) {
  return allocate(pinned_arena(), pointer, bytes);
}
cudaError_t cudaFreeHost(void* pointer) { return release(pinned_arena(), pointer); }

cudaError_t cudaMemGetInfo(std::size_t* free, std::size_t* total) {
  *total = device_arena().total();
  *free = *total - device_arena().in_use();
  return cudaSuccess;
}

static bool on_device(const void* pointer) {
  return device_arena().contains(reinterpret_cast<std::uintptr_t>(pointer));
}

cudaError_t cudaPointerGetAttributes(cudaPointerAttributes* attributes, const void* pointer) {
  void* const p = const_cast<void*>(pointer);
  if (on_device(pointer))
    *attributes = {cudaMemoryTypeDevice, 0, p, nullptr};
  else if (pinned_arena().contains(reinterpret_cast<std::uintptr_t>(pointer)))
    *attributes = {cudaMemoryTypeHost, 0, p, p};
  else
    *attributes = {cudaMemoryTypeUnregistered, -1, nullptr, p};
  return cudaSuccess;
}

/// Whether [pointer, pointer + bytes) lies where a copy of this kind expects it: in one allocation
/// of the device, or in none.
static bool fits(const void* pointer, std::size_t bytes, bool device) {
  if (on_device(pointer) != device) return false;
  if (!device) return true;
  const auto at = reinterpret_cast<std::uintptr_t>(pointer);
  const Allocation found = device_arena().nearest(at);
  return !found.freed && at >= found.begin && at + bytes <= found.end;
}

cudaError_t cudaMemcpy(void* to, const void* from, std::size_t bytes, cudaMemcpyKind kind) {
  if (bytes == 0) return cudaSuccess;
  if (kind < cudaMemcpyHostToHost || kind > cudaMemcpyDefault)
    return remember(cudaErrorInvalidMemcpyDirection);
  const bool to_device = kind == cudaMemcpyDefault
                             ? on_device(to)
                             : kind == cudaMemcpyHostToDevice || kind == cudaMemcpyDeviceToDevice;
  const bool from_device = kind == cudaMemcpyDefault
                               ? on_device(from)
                               : kind == cudaMemcpyDeviceToHost || kind == cudaMemcpyDeviceToDevice;
  if (!to || !from || !fits(to, bytes, to_device) || !fits(from, bytes, from_device))
    return remember(cudaErrorInvalidValue);
  std::memmove(to, from, bytes);
  return cudaSuccess;
}
cudaError_t cudaMemcpyAsync(void* to, const void* from, std::size_t bytes, cudaMemcpyKind kind,
                            cudaStream_t stream) {
  note_work(stream);
  return cudaMemcpy(to, from, bytes, kind);
}
cudaError_t cudaMemset(void* to, int value, std::size_t bytes) {
  if (bytes == 0) return cudaSuccess;
  if (!fits(to, bytes, true)) return remember(cudaErrorInvalidValue);
  std::memset(to, value, bytes);
  return cudaSuccess;
}
cudaError_t cudaMemsetAsync(void* to, int value, std::size_t bytes, cudaStream_t stream) {
  note_work(stream);
  return cudaMemset(to, value, bytes);
}
cudaError_t cudaMemcpyToSymbol(const void* symbol, const void* from, std::size_t bytes,
                               std::size_t offset, cudaMemcpyKind) {
  std::memcpy(static_cast<char*>(const_cast<void*>(symbol)) + offset, from, bytes);
  return cudaSuccess;
}

// Streams and events.

cudaError_t cudaStreamCreate(cudaStream_t* stream) { return cudaStreamCreateWithFlags(stream, 0); }
cudaError_t cudaStreamCreateWithFlags(cudaStream_t* stream, unsigned) {
  *stream = new CUstream_st;
  return cudaSuccess;
}
cudaError_t cudaStreamDestroy(cudaStream_t stream) {
  delete stream;
  return cudaSuccess;
}
cudaError_t cudaStreamSynchronize(cudaStream_t stream) {
  know_done(stream_behind(stream).last);
  return cudaSuccess;
}
cudaError_t cudaStreamQuery(cudaStream_t stream) { return ask(stream_behind(stream).last); }
cudaError_t cudaStreamWaitEvent(cudaStream_t, cudaEvent_t event, unsigned) {
  return event ? cudaSuccess : remember(cudaErrorInvalidResourceHandle);
}

cudaError_t cudaEventCreate(cudaEvent_t* event) { return cudaEventCreateWithFlags(event, 0); }
cudaError_t cudaEventCreateWithFlags(cudaEvent_t* event, unsigned flags) {
  *event = new CUevent_st{.timed = !(flags & cudaEventDisableTiming), .at = {}};
  return cudaSuccess;
}
cudaError_t cudaEventDestroy(cudaEvent_t event) {
  delete event;
  return cudaSuccess;
}
cudaError_t cudaEventRecord(cudaEvent_t event, cudaStream_t stream) {
  if (!event) return remember(cudaErrorInvalidResourceHandle);
  event->recorded = true;
  event->last = stream_behind(stream).last.load();
  event->at = std::chrono::steady_clock::now();
  return cudaSuccess;
}
cudaError_t cudaEventSynchronize(cudaEvent_t event) {
  if (!event) return remember(cudaErrorInvalidResourceHandle);
  know_done(event->last);
  return cudaSuccess;
}
cudaError_t cudaEventQuery(cudaEvent_t event) {
  return event ? ask(event->last) : remember(cudaErrorInvalidResourceHandle);
}
cudaError_t cudaEventElapsedTime(float* milliseconds, cudaEvent_t start, cudaEvent_t end) {
  if (!start || !end || !start->recorded || !end->recorded || !start->timed || !end->timed)
    return remember(cudaErrorInvalidResourceHandle);
  *milliseconds = std::chrono::duration<float, std::milli>(end->at - start->at).count();
  return cudaSuccess;
}

// The device.

cudaError_t cudaGetDevice(int* device) {
  *device = 0;
  return cudaSuccess;
}
cudaError_t cudaSetDevice(int device) {
  return device == 0 ? cudaSuccess : remember(cudaErrorInvalidDevice);
}
cudaError_t cudaGetDeviceCount(int* count) {
  *count = 1;
  return cudaSuccess;
}
/// Each process has a simulated GPU of its own.
static cudaUUID_t uuid_of_this_process() {
  static const cudaUUID_t uuid = [] {
    cudaUUID_t random{};
    std::random_device source;
    for (char& byte : random.bytes) byte = static_cast<char>(source());
    return random;
  }();
  return uuid;
}

cudaError_t cudaGetDeviceProperties(cudaDeviceProp* properties, int device) {
  if (device != 0) return remember(cudaErrorInvalidDevice);
  *properties = {};
  std::strcpy(properties->name, "Kindling's CUDA simulator (on the CPU)");
  properties->uuid = uuid_of_this_process();
  properties->totalGlobalMem = device_arena().total();
  properties->sharedMemPerBlock = limits::shared_bytes;
  properties->sharedMemPerBlockOptin = limits::shared_bytes_at_most;
  properties->sharedMemPerMultiprocessor = limits::shared_bytes_at_most + 1024;
  properties->warpSize = 32;
  properties->maxThreadsPerBlock = limits::threads_of_a_block;
  for (int i = 0; i < 3; ++i) {
    properties->maxThreadsDim[i] = int(limits::block[i]);
    properties->maxGridSize[i] = int(limits::grid()[i]);
  }
  properties->maxThreadsPerMultiProcessor = 2048;
  properties->multiProcessorCount = limits::multiprocessors;
  properties->major = 9;
  properties->regsPerBlock = 65536;
  return cudaSuccess;
}
cudaError_t cudaDeviceGetAttribute(int* value, cudaDeviceAttr attribute, int device) {
  if (device != 0) return remember(cudaErrorInvalidDevice);
  switch (attribute) {
    case cudaDevAttrMaxThreadsPerBlock:
      *value = limits::threads_of_a_block;
      break;
    case cudaDevAttrMaxSharedMemoryPerBlock:
      *value = limits::shared_bytes;
      break;
    case cudaDevAttrMaxSharedMemoryPerBlockOptin:
      *value = limits::shared_bytes_at_most;
      break;
    case cudaDevAttrMaxSharedMemoryPerMultiprocessor:
      *value = limits::shared_bytes_at_most + 1024;
      break;
    case cudaDevAttrWarpSize:
      *value = 32;
      break;
    case cudaDevAttrMultiProcessorCount:
      *value = limits::multiprocessors;
      break;
    case cudaDevAttrMaxThreadsPerMultiProcessor:
      *value = 2048;
      break;
    case cudaDevAttrComputeCapabilityMajor:
      *value = 9;
      break;
    case cudaDevAttrComputeCapabilityMinor:
      *value = 0;
      break;
    // A simulator has no clock and no bus: nothing may be computed from them.
    case cudaDevAttrClockRate:
    case cudaDevAttrMemoryClockRate:
    case cudaDevAttrGlobalMemoryBusWidth:
    case cudaDevAttrL2CacheSize:
      *value = 0;
      break;
    default:
      return remember(cudaErrorInvalidValue);
  }
  return cudaSuccess;
}
cudaError_t cudaDeviceSynchronize() {
  know_done(pieces_of_work);
  return cudaSuccess;
}
cudaError_t cudaRuntimeGetVersion(int* version) {
  *version = CUDART_VERSION;
  return cudaSuccess;
}
cudaError_t cudaDriverGetVersion(int* version) { return cudaRuntimeGetVersion(version); }

// Errors.

cudaError_t cudaGetLastError() {
  const cudaError_t error = last_error;
  last_error = cudaSuccess;
  return error;
}
cudaError_t cudaPeekAtLastError() { return last_error; }

const char* cudaGetErrorName(cudaError_t error) {
  switch (error) {
    case cudaSuccess:
      return "cudaSuccess";
    case cudaErrorInvalidValue:
      return "cudaErrorInvalidValue";
    case cudaErrorMemoryAllocation:
      return "cudaErrorMemoryAllocation";
    case cudaErrorInvalidConfiguration:
      return "cudaErrorInvalidConfiguration";
    case cudaErrorInvalidMemcpyDirection:
      return "cudaErrorInvalidMemcpyDirection";
    case cudaErrorInvalidDeviceFunction:
      return "cudaErrorInvalidDeviceFunction";
    case cudaErrorInvalidDevice:
      return "cudaErrorInvalidDevice";
    case cudaErrorInvalidResourceHandle:
      return "cudaErrorInvalidResourceHandle";
    case cudaErrorNotReady:
      return "cudaErrorNotReady";
    case cudaErrorIllegalAddress:
      return "cudaErrorIllegalAddress";
    case cudaErrorLaunchFailure:
      return "cudaErrorLaunchFailure";
  }
  return "unrecognized error code";
}
const char* cudaGetErrorString(cudaError_t error) {
  switch (error) {
    case cudaSuccess:
      return "no error";
    case cudaErrorInvalidValue:
      return "invalid argument";
    case cudaErrorMemoryAllocation:
      return "out of memory";
    case cudaErrorInvalidConfiguration:
      return "invalid configuration argument";
    case cudaErrorInvalidMemcpyDirection:
      return "invalid copy direction for memcpy";
    case cudaErrorInvalidDeviceFunction:
      return "invalid device function";
    case cudaErrorInvalidDevice:
      return "invalid device ordinal";
    case cudaErrorInvalidResourceHandle:
      return "invalid resource handle";
    case cudaErrorNotReady:
      return "device not ready";
    case cudaErrorIllegalAddress:
      return "an illegal memory access was encountered";
    case cudaErrorLaunchFailure:
      return "unspecified launch failure";
  }
  return "unrecognized error code";
}

cudaError_t cudaFuncSetAttribute(const void* kernel, cudaFuncAttribute attribute, int value) {
  if (attribute == cudaFuncAttributePreferredSharedMemoryCarveout) return cudaSuccess;
  if (attribute != cudaFuncAttributeMaxDynamicSharedMemorySize || value < 0 ||
      !allow_shared_memory(kernel, std::size_t(value)))
    return remember(cudaErrorInvalidValue);
  return cudaSuccess;
}
cudaError_t cudaFuncGetName(const char** name, const void* kernel) {
  *name = program::function_name(kernel);
  if (!*name) return remember(cudaErrorInvalidDeviceFunction);
  return cudaSuccess;
}
