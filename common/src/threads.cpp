#include "kindling/threads.h"

#include <cblas.h>

#include <exception>

#ifdef _OPENMP
#include <omp.h>
#include <pthread.h>
#endif

#include <algorithm>
#include <atomic>
#include <cstdlib>

#include "cpu/parallel.h"
#include "kindling/check.h"
#include "processors.h"

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
#ifdef _OPENMP
  // A forked process has none of its parent's threads, and OpenMP would wait for them forever.
  if (pthread_atfork(nullptr, nullptr, [] { chosen = 1; }) != 0) return 1;
  const bool asked = std::getenv("OMP_NUM_THREADS") != nullptr;
  return asked ? omp_get_max_threads() : std::min(omp_get_max_threads(), available_processors());
#else
  return 1;
#endif
}

/// `wanted`, or as many threads as can be started: OpenMP would end the program over one that
/// cannot.
static int at_most_startable(int wanted) {
  static std::atomic<int> tried = 1, started = 1;
  if (wanted > tried) {
    started = startable_threads(wanted);
    tried = wanted;
  }
  return std::min<int>(wanted, started);
}

int get_num_threads() {
  static const int usual = set_up();
#ifdef _OPENMP
  return at_most_startable(chosen > 0 ? chosen : usual);
#else
  return usual;
#endif
}

void set_num_threads(int n) {
  check(n > 0, "set_num_threads: expected a positive number of threads, got ", n);
  chosen = n;
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
