#pragma once

#include <string>
#include <vector>

#include "tools/commands.h"
#include "tools/process.h"

namespace learn {

/// Builds the targets, as many of them as can be built. While it takes longer than a second, a
/// terminal shows how far it is. `what`: said at the beginning, and then also to a pipe, every ten
/// seconds; "": a pipe gets nothing.
Outcome build(const Places& places, const std::vector<std::string>& targets,
              const std::string& what = "");

/// For `what` of build(): "building the judge of 1.1: 52 steps, about 35 s …", where it will take
/// longer than some seconds; else "".
std::string announce(const Places& places, const std::vector<std::string>& targets,
                     const std::string& what);

}  // namespace learn
