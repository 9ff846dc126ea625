#pragma once

namespace kindling {

/// How many threads there are to be had for run_chunks() (cpu/parallel.h), the caller's included,
/// up to `wanted`: fewer where `ulimit -u`, a container or the memory ends, and one inside of a
/// chunk. Starts them.
int threads_to_be_had(int wanted);

}  // namespace kindling
