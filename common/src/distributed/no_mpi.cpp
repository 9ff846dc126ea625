#include "kindling/distributed.h"

/// What the rest sees of MPI in a build without it: the same functions, as an answer of no.
namespace kindling::distributed {

std::string mpi_version() { return ""; }

std::unique_ptr<ProcessGroup> mpi_group(const ProcessGroupOptions&) {
  fail(
      "mpi_group: this build of Kindling has no MPI. Install Open MPI (Debian: apt-get install "
      "libopenmpi-dev openmpi-bin; Homebrew: brew install open-mpi), and configure again: cmake "
      "--preset reference");
}

}  // namespace kindling::distributed
