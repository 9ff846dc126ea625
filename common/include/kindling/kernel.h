#pragma once
#include <cuda_runtime.h>
#include <cxxabi.h>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <memory>
#include <source_location>
#include <string>
#include <tuple>
#include <type_traits>

#include "kindling/check.h"
#ifndef __CUDACC__
#include "cuda_simulator/simulator.h"
#endif

/// For .cu files: how a kernel is launched, and how calls of CUDA are checked. Under nvcc it is the
/// GPU that runs them, otherwise the simulator.
///
/// Threads: kernels may be launched from any thread.
namespace kindling {

/// Whether the compiler shows the simulator what the kernels of this file do to memory.
#ifdef KINDLING_SIMULATOR_CHECKS
static constexpr bool simulator_checks = true;
#else
static constexpr bool simulator_checks = false;
#endif

/// Throws an Error that names the call, its place and CUDA's reason, unless `status` is
/// cudaSuccess.
inline void cuda_check(cudaError_t status, const char* call,
                       std::source_location at = std::source_location::current()) {
  if (status == cudaSuccess) return;
  cudaGetLastError();  // reported here, so clear it: the next check must not find it again
  fail(at.file_name(), ":", at.line(), ": ", call, ": ", cudaGetErrorString(status), " (",
       cudaGetErrorName(status), ")");
}
#define KINDLING_CUDA_CHECK(call) ::kindling::cuda_check((call), #call)

/// A dim3 of 64-bit numbers: how many blocks there are follows the size of a tensor, of which the
/// 32 bits of a dim3 would lose a part without a word.
struct Extent {
  Extent(std::int64_t x, std::int64_t y = 1, std::int64_t z = 1) : x(x), y(y), z(z) {}
  Extent(dim3 d) : x(d.x), y(d.y), z(d.z) {}
  bool fits_dim3() const {
    constexpr std::int64_t most = std::numeric_limits<unsigned>::max();
    return 0 <= x && x <= most && 0 <= y && y <= most && 0 <= z && z <= most;
  }
  dim3 to_dim3() const {
    return {static_cast<unsigned>(x), static_cast<unsigned>(y), static_cast<unsigned>(z)};
  }
  std::int64_t x, y, z;
};

/// How many blocks, of how many threads each: launch(kernel, {blocks, threads}, arguments...).
struct Grid {
  Grid(Extent grid, Extent block, std::size_t shared_bytes = 0, cudaStream_t stream = nullptr,
       std::source_location at = std::source_location::current())
      : grid(grid), block(block), shared_bytes(shared_bytes), stream(stream), at(at) {}

  Extent grid;               ///< blocks
  Extent block;              ///< threads of a block
  std::size_t shared_bytes;  ///< of dynamic_shared<T>(), for each block
  cudaStream_t stream;
  std::source_location at;  ///< where the launch stands, for messages
};

/// The dynamic shared memory of the block: Grid::shared_bytes bytes.
template <class T>
__device__ T* dynamic_shared() {
#ifdef __CUDACC__
  extern __shared__ __align__(16) unsigned char kindling_dynamic_shared[];
  return reinterpret_cast<T*>(kindling_dynamic_shared);
#else
  return static_cast<T*>(cuda_simulator::dynamic_shared_memory());
#endif
}

/// What stands in a kernel that is still to be written. The launch then throws NotImplemented on
/// the simulator; a GPU, whose threads cannot throw, prints it once and fails at the next
/// synchronisation.
#ifdef __CUDACC__
[[noreturn]] __device__ inline void not_implemented(const char* exercise,
                                                    const char* file = __builtin_FILE(),
                                                    int line = __builtin_LINE()) {
  static int said = 0;
  if (atomicExch(&said, 1) == 0) {
    // "exercises/07_gpu/map.cu" of a path from the root: nvcc has no -fmacro-prefix-map.
    const char *name = file, *folders[] = {file, file, file};
    for (; *name; ++name)
      if (*name == '/') {
        folders[0] = folders[1];
        folders[1] = folders[2];
        folders[2] = name + 1;
      }
    printf("exercise %s is still to be written: %s:%d\n", exercise, folders[0], line);
  }
  __trap();
  __builtin_unreachable();  // which nvcc does not know of __trap()
}
#else
[[noreturn]] inline void not_implemented(
    const char* exercise, std::source_location at = std::source_location::current()) {
  cuda_simulator::end_kernel();
  throw NotImplemented(exercise, at);
}
#endif

/// A function's name as it stands in the source, without its arguments: "softmax<256>".
inline std::string readable_name(const char* linkers_name) {
  int status = 0;
  const std::unique_ptr<char, void (*)(void*)> text(
      abi::__cxa_demangle(linkers_name, nullptr, nullptr, &status), std::free);
  std::string name = status == 0 ? text.get() : linkers_name;
  const std::string unnamed = "(anonymous namespace)::";
  for (auto at = name.find(unnamed); at != name.npos; at = name.find(unnamed))
    name.erase(at, unnamed.size());
  // "void f<int>(float const*)::tile": what is in <> or () stays or goes as a whole.
  std::string kept;
  int angles = 0, rounds = 0;
  for (const char c : name) {
    if (c == '(') ++rounds;
    if (c == '<') ++angles;
    if (c == ' ' && angles == 0 && rounds == 0)
      kept.clear();  // the type that it returns
    else if (rounds == 0)
      kept += c;
    if (c == ')') --rounds;
    if (c == '>') --angles;
  }
  return kept;
}
inline std::string kernel_name(const void* kernel) {
  const char* name = nullptr;
  return cudaFuncGetName(&name, kernel) == cudaSuccess ? readable_name(name) : "a kernel";
}

/// Throws an Error if a launch ended with this status.
inline void check_launch(cudaError_t status, const void* kernel, const Grid& grid) {
  if (status == cudaSuccess) return;
  const Extent g = grid.grid, b = grid.block;
  fail(grid.at.file_name(), ":", grid.at.line(), ": launch of ", kernel_name(kernel),
       " with a grid of [", g.x, ", ", g.y, ", ", g.z, "] blocks of [", b.x, ", ", b.y, ", ", b.z,
       "] threads and ", grid.shared_bytes,
       " bytes of dynamic shared memory: ", cudaGetErrorString(status), " (",
       cudaGetErrorName(status), ")");
}

/// Runs the kernel on every thread of the grid. Throws an Error that names the kernel and the place
/// of the launch, if it is refused; what goes wrong inside, a GPU says at the next synchronisation,
/// and the simulator here.
template <bool checked = simulator_checks, class... P>
void launch(void (*kernel)(P...), const Grid& grid, std::type_identity_t<P>... arguments) {
  const void* const address = reinterpret_cast<const void*>(kernel);
  if (!grid.grid.fits_dim3() || !grid.block.fits_dim3())
    check_launch(cudaErrorInvalidConfiguration, address, grid);
#ifdef __CUDACC__
  kernel<<<grid.grid.to_dim3(), grid.block.to_dim3(), grid.shared_bytes, grid.stream>>>(
      arguments...);
#else
  using Call = std::tuple<void (*)(P...), P...>;
  const Call call(kernel, arguments...);
  cuda_simulator::launch({.kernel = address,
                          .grid = grid.grid.to_dim3(),
                          .block = grid.block.to_dim3(),
                          .shared_bytes = grid.shared_bytes,
                          .stream = grid.stream,
                          .at = grid.at,
                          .body =
                              [](const void* call) {
                                // On the thread's own stack, as a GPU's threads have theirs.
                                const Call own = *static_cast<const Call*>(call);
                                cuda_simulator::begin_kernel(checked);
                                std::apply([](auto run, auto... with) { run(with...); }, own);
                              },
                          .arguments = &call});
#endif
  check_launch(cudaGetLastError(), address, grid);
}

}  // namespace kindling
