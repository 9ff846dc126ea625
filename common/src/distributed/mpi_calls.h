#pragma once
#include <mpi.h>

#include <atomic>
#include <string>

#include "kindling/distributed.h"

/// What is asked of MPI. Each call is of the engine's thread: see mpi_group.cpp.
namespace kindling::distributed {

/// \throws Error with MPI's own reason, unless `status` is success
void must(int status, const char* call);

/// Does a collective operation. Its tensors have been checked, and every rank has asked for the
/// same: so all are here, and nobody waits for long. Open MPI's blocking functions are those that
/// it has tuned: MPI_Allreduce of 95 MiB on 2 ranks took half the time of MPI_Iallreduce.
void perform(MPI_Comm comm, const Operation& op, int rank);

/// Begins to send or receive. The other side may do other things before it does its part.
MPI_Request start_message(MPI_Comm comm, const Operation& op);
bool is_done(MPI_Request& request, MPI_Status* status = MPI_STATUS_IGNORE);
/// Empty, or what is wrong with what a recv() has got. MPI itself refuses what is too long.
std::string wrong_length(const Operation& op, const MPI_Status& status);

/// In memory that the ranks of a host share, which belongs to `memory`; false at first.
std::atomic<bool>& shared_flag(MPI_Comm host, MPI_Win& memory);

}  // namespace kindling::distributed
