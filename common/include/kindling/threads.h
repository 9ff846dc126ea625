#pragma once

namespace kindling {

/// How many threads one operation may use: torch.get_num_threads. At first as many as this process
/// has processors, counting what its container pays for, or $OMP_NUM_THREADS; in both cases no more
/// than can be started. Small operations use one all the same.
int get_num_threads();

/// Sets it, for what the calling thread does: torch.set_num_threads. \throws Error if n is not
/// positive
void set_num_threads(int n);

}  // namespace kindling
