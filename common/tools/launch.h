#pragma once

#include <filesystem>
#include <string>
#include <vector>

/// Starting a program on several ranks.
namespace learn {

struct Launch {
  int ranks = 0;                        // 0: one, or with a hostfile as many as it has slots
  std::filesystem::path hostfile = {};  // empty: this host, or those that Slurm has given us
};

/// Why no program can be started on several ranks here; empty if it can.
std::string lacks_mpi();

/// What was given as --ranks and --hostfile; "": not given. Throws Failure if they make no sense.
Launch read_launch(const std::string& ranks, const std::string& hostfile);

/// What starts the program, with its arguments, on so many ranks: mpirun, or for one rank the
/// program itself. Changes this process's environment, where mpirun would refuse to run as root.
std::vector<std::string> launch_command(const Launch& launch, std::vector<std::string> program);

}  // namespace learn
