#pragma once

#include <vector>

#include "tools/judge.h"

/// Which exercise comes next. All of these return an index, or the number of exercises when every
/// one is solved.
namespace learn {

/// After exercise `current`: the next open one of its chapter, then one that was left out there,
/// then those of the chapters after it, and last those that were left out before.
std::size_t next_after(const std::vector<Exercise>& exercises, const std::vector<State>& states,
                       std::size_t current);

/// Where the learner is: the answer that was saved last if it does not pass yet, otherwise the
/// exercise after it; at the beginning the first.
std::size_t next_exercise(const Places& places, const std::vector<Exercise>& exercises,
                          const std::vector<State>& states);

/// How many pass; `chapter`: of that chapter.
struct Tally {
  std::size_t solved = 0, all = 0;
};
Tally count(const std::vector<Exercise>& exercises, const std::vector<State>& states,
            const std::string& chapter = "");

}  // namespace learn
