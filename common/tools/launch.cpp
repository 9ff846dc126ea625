#include "tools/launch.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>

#include "tools/process.h"

extern char** environ;  // the variables of this process, which macOS's headers do not declare

namespace learn {
namespace {

namespace fs = std::filesystem;

/// What each rank begins with: it gets torchrun's variables, and the ranks of a host share its
/// processors, or what their container may have of them.
constexpr const char* on_each_rank = R"(
export RANK=$OMPI_COMM_WORLD_RANK LOCAL_RANK=$OMPI_COMM_WORLD_LOCAL_RANK WORLD_SIZE=$OMPI_COMM_WORLD_SIZE
processors=$(nproc 2>/dev/null || getconf _NPROCESSORS_ONLN)
if { read -r quota period; } 2>/dev/null </sys/fs/cgroup/cpu.max && [ "$quota" != max ]; then
  paid=$(((quota + period - 1) / period))
  [ $paid -ge $processors ] || processors=$paid
fi
threads=$((processors / OMPI_COMM_WORLD_LOCAL_SIZE))
[ $threads -ge 1 ] || threads=1
export OMP_NUM_THREADS=${OMP_NUM_THREADS:-$threads}
exec "$@"
)";

/// What the ranks on other hosts would not see by themselves.
std::vector<std::string> forwarded_variables() {
  std::vector<std::string> names;
  for (char** variable = environ; *variable; ++variable) {
    const std::string_view text = *variable;
    for (const char* prefix :
         {"KINDLING_", "NCCL_", "CUDA_VISIBLE_DEVICES=", "LD_LIBRARY_PATH=", "OMP_NUM_THREADS="})
      if (text.starts_with(prefix)) names.emplace_back(text.substr(0, text.find('=')));
  }
  return names;
}

}  // namespace

std::string lacks_mpi() {
  constexpr bool built_with_mpi = KINDLING_MPI;
  if (!on_path("mpirun")) return "there is no mpirun here; install Open MPI";
  if (!built_with_mpi)
    return "CMake found no library of Open MPI; install its headers (libopenmpi-dev), and try "
           "again";
  return "";
}

Launch read_launch(const std::string& ranks, const std::string& hostfile) {
  Launch launch;
  if (!ranks.empty()) {
    const char* end = ranks.data() + ranks.size();
    const auto read = std::from_chars(ranks.data(), end, launch.ranks);
    if (read.ec != std::errc() || read.ptr != end || launch.ranks < 1)
      throw Failure(fmt::format("run: expected --ranks and a positive number, got {}\n"
                                "  ./learn help run says what it takes",
                                ranks),
                    2);
  }
  if (!hostfile.empty()) {
    launch.hostfile = fs::absolute(hostfile);
    if (!fs::is_regular_file(launch.hostfile))
      throw Failure(
          fmt::format("run: expected --hostfile and a file with a line for each host, such "
                      "as 'node1 slots=4', but there is no {}\n"
                      "  ./learn help run says what it takes",
                      launch.hostfile.string()),
          2);
  }
  return launch;
}

std::vector<std::string> launch_command(const Launch& launch, std::vector<std::string> program) {
  if (launch.ranks <= 1 && launch.hostfile.empty()) return program;
  if (const std::string why = lacks_mpi(); !why.empty())
    throw Failure(fmt::format("several ranks are started by mpirun, and {}", why));
  if (geteuid() == 0)  // in a container, which is what mpirun wants to hear
    for (const char* name : {"OMPI_ALLOW_RUN_AS_ROOT", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM",
                             "PRTE_ALLOW_RUN_AS_ROOT", "PRTE_ALLOW_RUN_AS_ROOT_CONFIRM"})
      setenv(name, "1", 0);
  // Each rank computes in one thread and talks to the others in a second. A thread that waits for
  // the others and does not let go of its processor keeps them from answering: on two busy
  // processors, training on digits took six times as long.
  setenv("OMPI_MCA_mpi_yield_when_idle", "1", 0);
  // More ranks than processors are welcome, and threads of a rank may use any processor. Both
  // words are understood by Open MPI 4 and 5.
  std::vector<std::string> command = {"mpirun", "--map-by", "slot:OVERSUBSCRIBE", "--bind-to",
                                      "none"};
  if (launch.ranks > 0) command.insert(command.end(), {"-np", std::to_string(launch.ranks)});
  if (!launch.hostfile.empty()) {
    command.insert(command.end(), {"--hostfile", launch.hostfile.string()});
    for (const std::string& name : forwarded_variables())
      command.insert(command.end(), {"-x", name});
  }
  command.insert(command.end(), {"sh", "-c", on_each_rank, "sh"});
  command.insert(command.end(), program.begin(), program.end());
  return command;
}

}  // namespace learn
