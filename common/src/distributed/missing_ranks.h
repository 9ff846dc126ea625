#pragma once
#include <atomic>
#include <string>
#include <vector>

#include "kindling/distributed.h"

namespace kindling::distributed {

/// Who is in whose way, once some have waited too long.

/// "ranks 0 and 2 wait at barrier; rank 1 is waited for". \param asked of each rank, what it waits
/// at; empty, if it has asked for nothing
std::string describe_waits(const std::vector<std::string>& asked);
/// What a rank waits at that has called this.
std::string describe_wait(const Operation::Signature& signature);

/// Which ranks of this host have come to join the job, told without MPI, which says nothing before
/// all have: in memory that they share under the job's name. Empty-handed where the launcher gives
/// the job no name.
class Arrivals {
 public:
  Arrivals();  ///< this rank has come
  ~Arrivals();
  Arrivals(const Arrivals&) = delete;
  Arrivals& operator=(const Arrivals&) = delete;

  /// Whether no other rank of this host has said yet that not all have come.
  bool is_first_to_complain();
  /// "on vm, ranks 0 and 2 are here, 1 of its 3 ranks is not"; empty, if nobody can know.
  std::string who_is_here() const;

 private:
  struct Shared;
  std::string name_;
  int ranks_ = 0;  // of this host
  Shared* shared_ = nullptr;
};

}  // namespace kindling::distributed
