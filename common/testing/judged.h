#pragma once
#include <chrono>
#include <csignal>
#include <functional>
#include <optional>
#include <string>

namespace kindling::testing {

/// Which exercise a judge is for, such as "3.2", and whose code it runs:
/// "exercises/03_modules/linear.cpp". CMake writes a file with these for each.
extern const char* const judged_exercise;
extern const char* const judged_file;
/// The program that runs the same on the solutions: testing/beside.h.
extern const char* const judged_reference;

/// What some tests have their program do before it judges, or instead, if it returns a status: see
/// tests/08_distributed/by_processes.h.
inline std::function<std::optional<int>(int argc, char** argv)> before_judging;
/// How long a test case may take: it is given up if it waits for what never comes. One that needs
/// longer calls be_patient(), which a judge listens to.
constexpr std::chrono::seconds usual_patience{5};
inline std::function<void(std::chrono::seconds)> be_patient = [](std::chrono::seconds) {};
/// Says that the running test case now waits for what is not the answer's, and when it goes on:
/// that time does not count.
inline std::function<void(bool begins, std::chrono::microseconds waited)> is_waiting =
    [](bool, std::chrono::microseconds) {};
/// Which of the exercise's functions what follows in the running test case is about, so that a
/// verdict sends nobody to one that is right: "tanh_backward". Without a word, it may be any.
inline std::string judged_function;
inline void about(const char* function) { judged_function = function; }
/// How many test cases have failed so far.
inline int cases_failed = 0;
/// Whether the running test case starts other programs: else it is the answer that calls fork().
inline bool starts_processes = false;
/// False while the objects at namespace scope are made, among them those of the answer.
inline bool main_has_begun = false;

/// The signal by which a judge asks an answer that does not end where it is.
constexpr int where_are_you = SIGUSR2;

}  // namespace kindling::testing
