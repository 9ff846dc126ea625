#pragma once
#include <atomic>
#include <chrono>
#include <functional>
#include <optional>

namespace kindling::testing {

/// Which exercise a judge is for, such as "3.2", and whose code it runs:
/// "exercises/03_modules/linear.cpp". CMake writes a file with these for each.
extern const char* const judged_exercise;
extern const char* const judged_file;

/// What some tests have their program do before it judges, or instead, if it returns a status: see
/// tests/08_distributed/by_processes.h.
inline std::function<std::optional<int>(int argc, char** argv)> before_judging;
/// How long the running test case may take: it is given up if it waits for what never comes.
inline std::atomic<std::chrono::seconds> patience{};
constexpr std::chrono::seconds usual_patience{5};
/// How many test cases have failed so far.
inline int cases_failed = 0;

}  // namespace kindling::testing
