#include <cstdlib>
#include <iostream>

#include "distributed/disagreement.h"
#include "kindling/distributed.h"

/// Joining a job, and leaving it.
namespace kindling::distributed {

/// Whether a launcher that MPI knows started this process: Open MPI's mpirun, or Slurm's srun with
/// PMIx.
static bool started_by_mpi() {
  return std::getenv("OMPI_COMM_WORLD_SIZE") != nullptr || std::getenv("PMIX_RANK") != nullptr;
}

std::unique_ptr<ProcessGroup> init_process_group(const ProcessGroupOptions& options) {
  if (started_by_mpi()) return mpi_group(options);
  const char* ranks = std::getenv("WORLD_SIZE");
  check(!ranks || std::string(ranks) == "1", "init_process_group: WORLD_SIZE is ",
        ranks ? ranks : "", ", but mpirun did not start this process. Start it with ./learn run ",
        "PROGRAM --ranks N, or with mpirun");
  return single_group(options);
}

int run(const std::function<void(ProcessGroup&)>& program, const ProcessGroupOptions& options) {
  std::unique_ptr<ProcessGroup> group;
  try {
    group = init_process_group(options);
    program(*group);
    group->leave();
    return 0;
  } catch (const std::exception& error) {
    if (group) group->abort(error.what());  // of several processes, this is the end
    std::cerr << error.what() << "\n";
    return 1;
  }
}

}  // namespace kindling::distributed
