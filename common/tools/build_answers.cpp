#include "tools/build_answers.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <set>
#include <sstream>

#include "tools/build.h"
#include "tools/carve/carver.h"
#include "tools/compile_errors.h"
#include "tools/exercises.h"
#include "tools/terminal.h"

namespace learn {

namespace fs = std::filesystem;

namespace {

/// The text of a file, and of the files beside it that it includes: #include "mine.h".
void add_content(const fs::path& file, std::set<fs::path>& seen, std::string& content) {
  if (!fs::is_regular_file(file) || !seen.insert(fs::weakly_canonical(file)).second) return;
  const std::string text = read_file(file);
  content += fmt::format("{} bytes\n{}", text.size(), text);
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    char hash = 0;
    std::string word, name;
    if (words >> hash && hash == '#' && words >> word && word.starts_with("include")) {
      if (const std::size_t open = line.find('"'); open != line.npos)
        name = line.substr(open + 1, line.find('"', open + 1) - open - 1);
      if (!name.empty()) add_content(file.parent_path() / name, seen, content);
    }
  }
}

std::string content_of(const fs::path& source) {
  std::set<fs::path> seen;
  std::string content;
  add_content(source, seen, content);
  return kindling::carve::fingerprint(content);
}

/// Kept beside an object: what it was compiled of, and its own content, for others may have
/// compiled it anew.
fs::path memory_of(const Compiled& answer) { return answer.object.string() + ".content"; }

std::string memory(const Compiled& answer, const std::string& content) {
  return content + " " + kindling::carve::fingerprint(read_file(answer.object));
}

/// When it was compiled; 0 if it has not been.
fs::file_time_type time_of(const Compiled& answer) {
  std::error_code none;
  const auto time = fs::last_write_time(answer.object, none);
  return none ? fs::file_time_type() : time;
}

fs::path warnings_of(const Compiled& answer) { return answer.object.string() + ".warnings"; }

void remove_stale(const Compiled& answer, const std::string& content) {
  if (!fs::exists(answer.object)) return;
  const fs::path file = memory_of(answer);
  if (fs::exists(file) && read_file(file) == memory(answer, content)) return;
  // The program, too: a clock that was set back would have it look newer than its parts.
  for (const fs::path& old : {answer.object, file, answer.program}) fs::remove(old);
}

}  // namespace

std::vector<fs::path> objects_in(const fs::path& list) {
  std::vector<fs::path> objects;
  if (!fs::exists(list)) return objects;
  std::istringstream lines(read_file(list));
  for (std::string line; std::getline(lines, line);)
    if (!line.empty()) objects.emplace_back(line);
  return objects;
}

Outcome build_answers(const Places& places, const std::vector<std::string>& targets,
                      const std::vector<Compiled>& answers, const std::string& what) {
  std::vector<std::string> before;
  std::vector<fs::file_time_type> times;
  for (const Compiled& answer : answers) {
    before.push_back(content_of(answer.source));
    remove_stale(answer, before.back());
    times.push_back(time_of(answer));
  }
  const Outcome outcome = build(places, targets, what);
  for (std::size_t i = 0; i < answers.size(); ++i) {
    const bool saved_meanwhile = content_of(answers[i].source) != before[i];
    if (fs::exists(answers[i].object) && !saved_meanwhile)
      write_file(memory_of(answers[i]), memory(answers[i], before[i]));
    // The compiler says it once: what has been built is not built again.
    if (time_of(answers[i]) != times[i])
      write_file(warnings_of(answers[i]),
                 grave_warnings(outcome.output, places.root, answers[i].source, answers[i].name));
  }
  return outcome;
}

std::string warnings(const Compiled& answer) {
  const fs::path file = warnings_of(answer);
  return fs::exists(file) ? read_file(file) : "";
}

OneAtATime::OneAtATime(const Places& places) {
  const fs::path name = places.build / "learn.lock";
  file_ = open(name.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (file_ < 0) throw Failure(fmt::format("cannot open {}: {}", name.string(), strerror(errno)));
  if (flock(file_, LOCK_EX | LOCK_NB) == 0) return;
  if (errno == EWOULDBLOCK)
    fmt::print(stderr, "{}\n", dim("another ./learn is building here: waiting for it …"));
  while (flock(file_, LOCK_EX) != 0)
    if (errno != EINTR) return;  // a file system without locks
}

OneAtATime::~OneAtATime() { close(file_); }

}  // namespace learn
