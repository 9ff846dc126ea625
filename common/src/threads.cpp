#include "kindling/threads.h"

#include <cblas.h>

#include <exception>

#ifdef _OPENMP
#include <omp.h>
#include <pthread.h>
#endif

#include "cpu/parallel.h"
#include "kindling/check.h"

namespace kindling {

/// What must hold before the first operation.
static bool set_up() {
  // OpenBLAS would wake as many threads again, and the two crowds would keep the processors from
  // each other: a step of 784-512-256-10 took three times as long on both cores as on one.
  openblas_set_num_threads(1);
#ifdef _OPENMP
  // A forked process has none of its parent's threads, and OpenMP would wait for them forever.
  return pthread_atfork(nullptr, nullptr, [] { omp_set_num_threads(1); }) == 0;
#else
  return false;  // there are no other threads
#endif
}

int get_num_threads() {
  [[maybe_unused]] static const bool may_be_several = set_up();
#ifdef _OPENMP
  if (may_be_several) return omp_get_max_threads();
#endif
  return 1;
}

void set_num_threads(int n) {
  check(n > 0, "set_num_threads: expected a positive number of threads, got ", n);
#ifdef _OPENMP
  omp_set_num_threads(n);
#endif
}

void run_in_pieces(std::int64_t pieces, std::int64_t n,
                   const std::function<void(std::int64_t begin, std::int64_t end)>& work) {
  std::exception_ptr thrown;  // which must not leave a thread: OpenMP would end the program
#pragma omp parallel for num_threads(pieces) schedule(static, 1)
  for (std::int64_t piece = 0; piece < pieces; ++piece) {
    try {
      work(n * piece / pieces, n * (piece + 1) / pieces);
    } catch (...) {
#pragma omp critical
      thrown = std::current_exception();
    }
  }
  if (thrown) std::rethrow_exception(thrown);
}

}  // namespace kindling
