#include "distributed/missing_ranks.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <functional>

namespace kindling::distributed {

using Kind = Operation::Kind;

/// "rank 3", "ranks 0, 2 and 3".
static std::string list_of_ranks(const std::vector<int>& ranks) {
  std::string text = ranks.size() == 1 ? "rank " : "ranks ";
  for (std::size_t i = 0; i < ranks.size(); ++i)
    text += (i == 0 ? "" : i + 1 == ranks.size() ? " and " : ", ") + std::to_string(ranks[i]);
  return text;
}

std::string describe_waits(const std::vector<std::string>& asked) {
  std::string text;
  std::vector<bool> told(asked.size());
  for (std::size_t first = 0; first < asked.size(); ++first) {
    if (told[first]) continue;
    std::vector<int> alike;
    for (std::size_t r = first; r < asked.size(); ++r)
      if (asked[r] == asked[first]) {
        alike.push_back(static_cast<int>(r));
        told[r] = true;
      }
    const bool one = alike.size() == 1;
    text += (text.empty() ? "" : "; ") + list_of_ranks(alike) +
            (asked[first].empty() ? one ? " is waited for" : " are waited for"
                                  : (one ? " waits at " : " wait at ") + asked[first]);
  }
  return text;
}

std::string describe_wait(const Operation::Signature& signature) {
  return static_cast<Kind>(signature[0]) == Kind::leave ? "the end of its program"
                                                        : Operation::describe(signature);
}

// Arrivals ----------------------------------------------------------------------------------------

/// New memory is zero.
struct Arrivals::Shared {
  static constexpr int most = 1000;  // ranks of a host
  std::atomic<bool> has_complained;
  std::array<std::atomic<int>, most> rank;  // by local rank: the rank that has come, plus 1
};

/// What the launcher says of this process; −1, if nothing.
static int told(const char* name) {
  const char* text = std::getenv(name);
  return text ? std::atoi(text) : -1;
}

Arrivals::Arrivals() {
  const char* job = std::getenv("PMIX_NAMESPACE");
  const char* folder = std::getenv("PMIX_SERVER_TMPDIR");
  const int rank = told("PMIX_RANK"), local_rank = told("OMPI_COMM_WORLD_LOCAL_RANK");
  const int ranks = told("OMPI_COMM_WORLD_LOCAL_SIZE");
  if (!job || rank < 0 || local_rank < 0 || local_rank >= ranks || ranks > Shared::most) return;
  const std::string whole = std::string(job) + (folder ? folder : "") + std::to_string(getuid());
  name_ = "/kindling-job-" + std::to_string(std::hash<std::string>{}(whole));
  const int file = shm_open(name_.c_str(), O_CREAT | O_RDWR, 0600);
  if (file < 0) return;
  if (ftruncate(file, sizeof(Shared)) == 0) {
    void* memory = mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (memory != MAP_FAILED) shared_ = static_cast<Shared*>(memory);
  }
  close(file);
  if (!shared_) return;
  ranks_ = ranks;
  shared_->rank[static_cast<std::size_t>(local_rank)] = rank + 1;
}

Arrivals::~Arrivals() {
  if (!shared_) return;
  munmap(shared_, sizeof(Shared));
  shm_unlink(name_.c_str());  // all have come, or never will
}

bool Arrivals::is_first_to_complain() {
  return !shared_ || !shared_->has_complained.exchange(true);
}

std::string Arrivals::who_is_here() const {
  if (!shared_) return "";
  std::vector<int> here;
  for (int local = 0; local < ranks_; ++local)
    if (const int rank = shared_->rank[static_cast<std::size_t>(local)]; rank > 0)
      here.push_back(rank - 1);
  std::ranges::sort(here);
  std::array<char, 256> host{};
  gethostname(host.data(), host.size() - 1);
  const int absent = ranks_ - static_cast<int>(here.size());
  return "on " + std::string(host.data()) + ", " + list_of_ranks(here) +
         (here.size() == 1 ? " is here" : " are here") +
         (absent == 0 ? ", and no rank of this host is missing"
                      : ", " + std::to_string(absent) + " of its " + std::to_string(ranks_) +
                            " ranks " + (absent == 1 ? "is not" : "are not"));
}

}  // namespace kindling::distributed
