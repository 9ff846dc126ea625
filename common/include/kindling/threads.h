#pragma once

/// How many threads an operation uses. Threads: both functions may be called from any thread, and
/// set_num_threads() holds for the calling thread alone.
namespace kindling {

/// How many threads one operation may use: torch.get_num_threads. At first as many as this process
/// has processors, or $OMP_NUM_THREADS. Small operations use one all the same.
int get_num_threads();

/// Sets it, for what the calling thread does: torch.set_num_threads. \throws Error if n is not
/// positive
void set_num_threads(int n);

}  // namespace kindling
