#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

/// What the simulator knows of the program that it is part of. program_elf.cpp reads it from the
/// program's file; program_unknown.cpp knows nothing, for systems with other formats.
namespace cuda_simulator::program {

/// Addresses [begin, end).
struct Range {
  std::uintptr_t begin = 0, end = 0;
  bool contains(std::uintptr_t address) const { return address - begin < end - begin; }
};

/// A __shared__ variable; its place is counted from the beginning of the thread's image.
struct SharedVariable {
  std::size_t begin = 0, end = 0;
  std::string name;  ///< "matmul_tiled<16>(…)::a_tile"
};

/// Whether an address that is none of what follows is certainly the host's.
bool is_known();
/// The calling thread's copy of the program's thread-local variables: among them all that is
/// __shared__.
Range thread_image();
/// How long the axes of a variable that is an array are: {32, 33} of float tile[32][33]. Empty if
/// it is none, or if nobody knows: it takes the program readelf, and -g.
std::vector<std::size_t> lengths_of(const SharedVariable&);
/// The variables in functions, by where they begin. Empty if the program was stripped of its
/// symbols.
const std::vector<SharedVariable>& shared_variables();
/// What nobody can write, such as tables and texts of the program.
const std::vector<Range>& read_only();
/// All __constant__ variables.
Range constants();
/// The function that begins there, as the linker knows it; nullptr if there is none.
const char* function_name(const void* address);
/// Where in the source a call stands that returns to `pc`: "solutions/07_gpu/reduce.cu:31". The
/// innermost place that is not in a header of the system or of the simulator.
std::string source_line(const void* pc);
/// A path of the compiler's as the repository's reader knows it.
std::string readable_path(std::string path);

}  // namespace cuda_simulator::program
