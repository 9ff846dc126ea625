#pragma once

/// How many threads an operation uses. Threads: all functions may be called from any thread, and
/// set_num_threads() holds for the calling thread alone.
///
/// Kindling multiplies matrices by OpenBLAS, on threads of its own: OpenBLAS itself is set to one
/// thread (openblas_set_num_threads(1)), for the whole process, before the first operation or call
/// of one of these. A program that calls OpenBLAS, too, may set it to more around its own calls;
/// Kindling's results do not depend on it, but its products then wake more threads than there are
/// processors.
namespace kindling {

/// How many threads one operation may use: torch.get_num_threads. At first as many as this process
/// has processors, counting what its container pays for, or $OMP_NUM_THREADS; in both cases no more
/// than can be started. Small operations use one all the same.
int get_num_threads();

/// Sets it, for what the calling thread does: torch.set_num_threads. \throws Error if n is not
/// positive
void set_num_threads(int n);

}  // namespace kindling
