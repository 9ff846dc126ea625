#pragma once
#include <span>
#include <string>

#include "kindling/distributed.h"

namespace kindling::distributed {

/// Empty, if all ranks called the same; else who called what.
inline std::string disagreement(std::span<const Operation::Signature> calls) {
  for (std::size_t rank = 1; rank < calls.size(); ++rank)
    if (calls[rank] != calls[0])
      return "all ranks have to call the same operations in the same order, but rank 0 called " +
             Operation::describe(calls[0]) + ", and rank " + std::to_string(rank) + " " +
             Operation::describe(calls[rank]);
  return "";
}

/// A job of one rank.
std::unique_ptr<ProcessGroup> single_group(const ProcessGroupOptions& options);

}  // namespace kindling::distributed
