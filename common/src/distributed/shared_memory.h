#pragma once

namespace kindling::distributed {

/// To be called before MPI_Init. Ranks of one host read long messages from each other's memory,
/// where the system lets them. Docker's usual container does not, and Open MPI would say so for
/// each message; then it is told to pass messages through memory that both see.
void spare_forbidden_reads();

}  // namespace kindling::distributed
