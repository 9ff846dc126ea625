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
  // What torchrun, other MPIs and Slurm set: else each process would train by itself.
  for (const char* name : {"WORLD_SIZE", "PMI_SIZE", "SLURM_STEP_NUM_TASKS"}) {
    const char* ranks = std::getenv(name);
    check(!ranks || std::string(ranks) == "1", "init_process_group: ", name, " is ",
          ranks ? ranks : "", ", but Open MPI's mpirun did not start this process. Start it with ",
          "./learn run PROGRAM --ranks N, or with mpirun; under Slurm, after salloc, or with srun ",
          "--mpi=pmix. If it is to be a job of one rank, unset ", name);
  }
  return single_group(options);
}

int run(const std::function<void(ProcessGroup&)>& program, const ProcessGroupOptions& options) {
  std::unique_ptr<ProcessGroup> group;
  const auto give_up = [&group](const std::string& why) {
    if (group) group->abort(why);  // of several processes, this is the end
    std::cerr << why << "\n";
    return 1;
  };
  try {
    group = init_process_group(options);
    program(*group);
    group->leave();
    return 0;
  } catch (const std::exception& error) {
    return give_up(error.what());
  } catch (...) {
    return give_up("an exception that is no std::exception");
  }
}

}  // namespace kindling::distributed
