#pragma once

#include <vector>

#include "tools/judge.h"

/// What several commands tell the learner.
namespace learn {

/// An exercise, and the commands for it.
void print_task(const Places& places, const Exercise& exercise);

/// How far a chapter and the whole have come.
void print_bars(const std::vector<Exercise>& exercises, const std::vector<State>& states,
                const std::string& chapter);

/// That exercise `current` passes, and the bars.
void print_solved(const std::vector<Exercise>& exercises, const std::vector<State>& states,
                  std::size_t current);

/// What there is to do when every exercise is solved.
void print_all_solved();

}  // namespace learn
