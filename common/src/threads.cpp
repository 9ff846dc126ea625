#include "kindling/threads.h"

#include <cblas.h>

#ifdef _OPENMP
#include <omp.h>
#include <pthread.h>
#endif

#include "kindling/check.h"

namespace kindling {

#ifdef _OPENMP
/// What must hold before the first operation.
static bool set_up() {
  // OpenBLAS would wake as many threads again, and the two crowds would keep the processors from
  // each other: a step of 784-512-256-10 took three times as long on both cores as on one.
  openblas_set_num_threads(1);
  // A forked process has none of its parent's threads, and OpenMP would wait for them forever.
  return pthread_atfork(nullptr, nullptr, [] { omp_set_num_threads(1); }) == 0;
}

int get_num_threads() {
  static const bool ready = set_up();
  return ready ? omp_get_max_threads() : 1;
}
#else
int get_num_threads() { return 1; }
#endif

void set_num_threads(int n) {
  check(n > 0, "set_num_threads: expected a positive number of threads, got ", n);
#ifdef _OPENMP
  omp_set_num_threads(n);
#endif
}

}  // namespace kindling
