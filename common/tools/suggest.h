#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace learn {

/// The candidate that somebody who typed `word` is likely to have meant; empty if none is near.
std::string closest(std::string_view word, const std::vector<std::string>& candidates);

/// "; did you mean --sanitize?", or nothing if no candidate is near.
std::string did_you_mean(std::string_view word, const std::vector<std::string>& candidates);

}  // namespace learn
