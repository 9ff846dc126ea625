#pragma once
#include <array>
#include <cstddef>

/// What the simulated device can do: an H100's limits, but for its size.
namespace cuda_simulator::limits {

inline constexpr int threads_of_a_block = 1024;
inline constexpr unsigned block[3] = {1024, 1024, 64};
/// Blocks along x, y and z: an H100's, or what the variable KINDLING_SIMULATOR_GRID says, such as
/// 64x3x2. So a test sees with small tensors what a program does where a grid ends.
const std::array<unsigned, 3>& grid();
inline constexpr std::size_t shared_bytes = 48 << 10;           ///< without asking
inline constexpr std::size_t shared_bytes_at_most = 227 << 10;  ///< by cudaFuncSetAttribute
/// The same on every machine, as grids are often chosen by it, and results by grids.
inline constexpr int multiprocessors = 8;

}  // namespace cuda_simulator::limits
