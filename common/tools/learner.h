#pragma once

#include <vector>

#include "tools/judge.h"

/// What several commands tell the learner.
namespace learn {

/// An exercise, and the commands for it.
void print_task(const Places& places, const Exercise& exercise);

/// That exercise `current` passes, and how far its chapter and the whole have come.
void print_solved(const std::vector<Exercise>& exercises, const std::vector<State>& states,
                  std::size_t current);

/// What there is to do when every exercise is solved.
void print_all_solved();

}  // namespace learn
