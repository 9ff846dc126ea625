#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "tools/commands.h"
#include "tools/process.h"

/// Building what learners write. Ninja goes by the time of a file; but an answer that was put back
/// with its old time (cp -p, mv, a backup, a clock that was set) is older than what was built of
/// another text. Here its content decides.
namespace learn {

/// What is compiled from an answer, which calls itself `name`, and the program that it is linked
/// into.
struct Compiled {
  std::filesystem::path source;
  std::string name;
  std::filesystem::path object, program;
};

/// The objects that CMake lists in a file, one a line; none if there is no such file.
std::vector<std::filesystem::path> objects_in(const std::filesystem::path& list);

/// Builds `targets`. What was compiled of another text than an answer has now, or half-way, is
/// removed first. Nobody else may build meanwhile: see OneAtATime. `what`: as in build().
Outcome build_answers(const Places& places, const std::vector<std::string>& targets,
                      const std::vector<Compiled>& answers, const std::string& what = "");

/// The grave_warnings() of the compiler when it compiled what this is now.
std::string warnings(const Compiled& answer);

/// While it lives, every other ./learn that wants to build in the same folder waits, and says so.
class OneAtATime {
 public:
  explicit OneAtATime(const Places& places);
  ~OneAtATime();
  OneAtATime(const OneAtATime&) = delete;
  OneAtATime& operator=(const OneAtATime&) = delete;

 private:
  int file_ = -1;
};

}  // namespace learn
