#include "kindling/backend.h"

/// What the rest sees of a GPU in a build without one: the same functions, as an answer of no.
namespace kindling {

bool cuda::is_available() { return false; }
int cuda::device_count() { return 0; }

Backend& cuda_backend(int index) {
  fail("cuda:", index,
       " is not available: this build of Kindling has no CUDA backend (it comes with chapter 07)");
}

}  // namespace kindling
