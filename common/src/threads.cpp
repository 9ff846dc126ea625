#include "kindling/threads.h"

#include <cblas.h>

#include <algorithm>
#include <cstdlib>

#include "kindling/check.h"
#include "processors.h"
#include "thread_pool.h"

/// OpenBLAS asks itself how many threads it is to start when it is loaded, before main(). As ours
/// is the first function of that name, it asks us. Threads of its own would keep ours from the
/// processors: a step of 784-512-256-10 took three times as long on both cores as on one. And where
/// it may not start them, under a small `ulimit -u`, it ends the program.
extern "C" [[gnu::weak]] int openblas_num_threads_env() { return 1; }

namespace kindling {

/// What set_num_threads has set for this thread; 0 if nothing.
static thread_local int chosen = 0;

/// What must hold before the first operation. Returns how many threads an operation uses at first.
static int set_up() {
  openblas_set_num_threads(1);  // if it did not ask us
  const char* const asked = std::getenv("OMP_NUM_THREADS");
  const int threads = asked ? std::atoi(asked) : 0;
  return threads > 0 ? threads : available_processors();
}

int get_num_threads() {
  static const int usual = set_up();
  return threads_to_be_had(chosen > 0 ? chosen : usual);
}

void set_num_threads(int n) {
  check(n > 0, "set_num_threads: expected a positive number of threads, got ", n);
  chosen = n;
}

}  // namespace kindling
