#include "tools/next_exercise.h"

#include <algorithm>
#include <filesystem>

namespace learn {

namespace fs = std::filesystem;

std::size_t next_after(const std::vector<Exercise>& exercises, const std::vector<State>& states,
                       std::size_t current) {
  const auto open_one = [&](std::size_t begin, std::size_t end, bool in_chapter) {
    for (std::size_t i = begin; i < end; ++i)
      if (states[i] != State::passing &&
          (!in_chapter || exercises[i].chapter == exercises[current].chapter))
        return i;
    return exercises.size();
  };
  const std::size_t all = exercises.size();
  for (const std::size_t found : {open_one(current + 1, all, true), open_one(0, current, true),
                                  open_one(current + 1, all, false), open_one(0, current, false)})
    if (found != all) return found;
  return states[current] == State::passing ? all : current;
}

std::size_t next_exercise(const Places& places, const std::vector<Exercise>& exercises,
                          const std::vector<State>& states) {
  std::size_t latest = exercises.size();
  fs::file_time_type time;
  for (std::size_t i = 0; i < exercises.size(); ++i) {
    std::error_code error;
    const auto saved = fs::last_write_time(answers_folder(places.root) / exercises[i].file, error);
    if (error || states[i] == State::not_begun) continue;
    if (latest != exercises.size() && saved < time) continue;
    // Of files that came at once, as from a clone, an open one says more than a solved one.
    if (latest != exercises.size() && saved == time && states[latest] != State::passing) continue;
    latest = i;
    time = saved;
  }
  if (latest == exercises.size()) {
    const auto open =
        std::ranges::find_if(states, [](State state) { return state != State::passing; });
    return static_cast<std::size_t>(open - states.begin());
  }
  return states[latest] == State::passing ? next_after(exercises, states, latest) : latest;
}

Tally count(const std::vector<Exercise>& exercises, const std::vector<State>& states,
            const std::string& chapter) {
  Tally tally;
  for (std::size_t i = 0; i < exercises.size(); ++i) {
    if (!chapter.empty() && exercises[i].chapter != chapter) continue;
    ++tally.all;
    tally.solved += states[i] == State::passing;
  }
  return tally;
}

}  // namespace learn
