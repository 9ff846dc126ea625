#include "kindling/threads.h"

#include <cblas.h>

#ifdef _OPENMP
#include <omp.h>
#include <pthread.h>
#endif

#include "kindling/check.h"

namespace kindling {

#ifdef _OPENMP
int get_num_threads() {
  // A forked process has none of its parent's threads, and OpenMP would wait for them forever.
  static const int registered = pthread_atfork(nullptr, nullptr, [] { omp_set_num_threads(1); });
  return registered == 0 ? omp_get_max_threads() : 1;
}
#else
int get_num_threads() { return 1; }
#endif

void set_num_threads(int n) {
  check(n > 0, "set_num_threads: expected a positive number of threads, got ", n);
#ifdef _OPENMP
  omp_set_num_threads(n);
#endif
  openblas_set_num_threads(n);
}

}  // namespace kindling
