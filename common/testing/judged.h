#pragma once

namespace kindling::testing {

/// Which exercise a judge is for, such as "3.2", and whose code it runs:
/// "exercises/03_modules/linear.cpp". CMake writes a file with these for each.
extern const char* const judged_exercise;
extern const char* const judged_file;

}  // namespace kindling::testing
