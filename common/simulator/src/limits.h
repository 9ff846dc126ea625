#pragma once
#include <cstddef>

/// What the simulated device can do: an H100's limits, but for its size.
namespace cuda_simulator::limits {

inline constexpr int threads_of_a_block = 1024;
inline constexpr unsigned block[3] = {1024, 1024, 64};
inline constexpr unsigned grid[3] = {2147483647, 65535, 65535};
inline constexpr std::size_t shared_bytes = 48 << 10;           ///< without asking
inline constexpr std::size_t shared_bytes_at_most = 227 << 10;  ///< by cudaFuncSetAttribute
/// The same on every machine, as grids are often chosen by it, and results by grids.
inline constexpr int multiprocessors = 8;

}  // namespace cuda_simulator::limits
