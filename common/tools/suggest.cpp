#include "tools/suggest.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

namespace learn {
namespace {

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return result;
}

/// How many letters have to be changed, added, left out or swapped with their neighbour to make
/// one word of the other (Damerau and Levenshtein's distance).
std::size_t distance(const std::string& a, const std::string& b) {
  std::vector<std::vector<std::size_t>> steps(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
  for (std::size_t i = 0; i <= a.size(); ++i) steps[i][0] = i;
  for (std::size_t j = 0; j <= b.size(); ++j) steps[0][j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    for (std::size_t j = 1; j <= b.size(); ++j) {
      steps[i][j] = std::min({steps[i - 1][j] + 1, steps[i][j - 1] + 1,
                              steps[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        steps[i][j] = std::min(steps[i][j], steps[i - 2][j - 2] + 1);
    }
  }
  return steps[a.size()][b.size()];
}

}  // namespace

std::string closest(std::string_view word, const std::vector<std::string>& candidates) {
  const std::string typed = lower(word);
  const std::size_t letters = typed.size() - std::min(typed.find_first_not_of('-'), typed.size());
  std::string best;
  std::size_t fewest = 2 * std::max<std::size_t>(1, letters / 3) + 2;
  for (const std::string& candidate : candidates) {
    const std::string name = lower(candidate);
    // The beginning of a longer word counts as one step.
    const std::size_t steps = letters >= 2 && name.starts_with(typed) ? 1 : distance(typed, name);
    if (steps >= name.size()) continue;
    // Hardly anybody gets the first letter wrong.
    const std::size_t cost = 2 * steps + (typed.empty() || typed[0] != name[0] ? 1 : 0);
    if (cost < fewest) {
      fewest = cost;
      best = candidate;
    }
  }
  return best;
}

std::string did_you_mean(std::string_view word, const std::vector<std::string>& candidates) {
  const std::string meant = closest(word, candidates);
  return meant.empty() ? "" : fmt::format("; did you mean {}?", meant);
}

}  // namespace learn
