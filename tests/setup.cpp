/// What surrounds the build: odd folders, line ends of Windows, small machines, and packages that
/// come and go. ./learn's own shell functions are called as ./learn calls them.
#include <doctest/doctest.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "testing/files.h"
#include "tools/carve/carver.h"
#include "tools/exercises.h"
#include "tools/process.h"

namespace fs = std::filesystem;
using kindling::testing::TemporaryFolder;
using learn::read_bytes;
using learn::read_file;

namespace {

const fs::path root = KINDLING_SOURCE_DIR;
const fs::path build = KINDLING_BINARY_DIR;

/// What bash says to these lines, once it has read common/tools/machine.sh.
learn::Outcome shell(const std::string& lines, const std::vector<std::string>& words = {}) {
  const std::string before =
      "fail() { printf '%s\\n' \"$1\"; exit \"${2:-1}\"; }\n"
      "preset=reference root=" +
      std::string("\"$0\"") + "\n. \"$0/common/tools/machine.sh\"\n";
  learn::Command command{.arguments = {"bash", "-c", before + lines, root.string()}};
  command.arguments.insert(command.arguments.end(), words.begin(), words.end());
  return learn::capture(command);
}

std::string with_crlf(const std::string& text) {
  std::string out;
  for (const char c : text) out += c == '\n' ? std::string("\r\n") : std::string(1, c);
  return out;
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != text.npos;
}

}  // namespace

TEST_CASE("a folder that the tools cannot pass on to each other is refused, with the character") {
  for (const char* good : {"/home/ann/kindling", "/a b/()+=~!@%{}:,$-", "/-x/\xc3\xa9/\xe9",
                           "/course [2], part [[1]]", "/~", "/x..y/..."}) {
    const learn::Outcome outcome = shell("check_folder \"$1\"", {good});
    CHECK_MESSAGE(outcome.status == 0, good << ": " << outcome.output);
  }
  const std::vector<std::pair<std::string, std::string>> bad = {
      {"/it's", "the character '"},     {"/R&D", "the character &"},
      {"/a;b", "the character ;"},      {"/say \"x\"", "the character \""},
      {"/a\\b", "the character \\"},    {"/C#", "the character #"},
      {"/<x>", "the character <"},      {"/x>", "the character >"},
      {"/a|b", "the character |"},      {"/a*", "the character *"},
      {"/why?", "the character ?"},     {"/x^2", "the character ^"},
      {"/`x`", "the character `"},      {"/a\nb", "a control character"},
      {"/a\tb", "a control character"}, {"/a[b", "a [ without its ]"},
      {"/a]b", "a ] without its ["},    {"/[x]]", "a ] without its ["},
      {"/]x[", "without its"},          {"/" + std::string(4000, 'x'), "4001 bytes"}};
  for (const auto& [name, why] : bad) {
    const learn::Outcome outcome = shell("check_folder \"$1\"", {name});
    CHECK_MESSAGE(outcome.status == 2, name);
    CHECK_MESSAGE(contains(outcome.output, why), outcome.output);
  }
}

TEST_CASE("in a folder with nearly every character, all is configured, built, and built once") {
  const TemporaryFolder folder;
  const fs::path here = fs::path(folder.path()) / "a b [c], (d) \xc3\xa9$+=~!@%{}:-";
  fs::create_directories(here);
  for (const char* part : {"CMakeLists.txt", "CMakePresets.json", "book", "chapters", "common",
                           "exercises", "solutions", "tests"})
    fs::copy(root / part, here / part, fs::copy_options::recursive);
  const learn::Outcome configured =
      learn::capture({.arguments = {"cmake", "--preset", "reference"}, .folder = here});
  REQUIRE_MESSAGE(configured.status == 0, configured.output);
  // carve is small, and has a precompiled header, a library and generated code around it.
  const std::vector<std::string> make = {"cmake", "--build", "build/reference", "--target",
                                         "carve"};
  const learn::Outcome built = learn::capture({.arguments = make, .folder = here});
  REQUIRE_MESSAGE(built.status == 0, built.output);
  const learn::Outcome again = learn::capture({.arguments = make, .folder = here});
  CHECK_MESSAGE(contains(again.output, "no work to do"), again.output);
  const learn::Outcome carved = learn::capture(
      {.arguments = {(here / "build/reference/carve").string(), "--check"}, .folder = here});
  CHECK_MESSAGE(!contains(carved.output, "missing"), carved.output);
  // nvcc cannot do as much; it is not even called.
  const learn::Outcome with_nvcc =
      learn::capture({.arguments = {"cmake", "--preset", "reference", "-DKINDLING_CUDA=real",
                                    "-DKINDLING_NVCC=/bin/false"},
                      .folder = here});
  CHECK(with_nvcc.status != 0);
  CHECK_MESSAGE(contains(with_nvcc.output, "nvcc cannot compile in a folder whose path has"),
                with_nvcc.output);
}

TEST_CASE("exercises, titles and hints are the same where lines end as on Windows") {
  const TemporaryFolder folder;
  const fs::path here = folder.path();
  const auto exercises = learn::find_exercises(root);
  for (const char* part : {"solutions", "chapters"})
    for (const auto& entry : fs::recursive_directory_iterator(root / part)) {
      const fs::path name = entry.path().lexically_relative(root);
      const fs::path extension = name.extension();
      if (extension != ".cpp" && extension != ".cu" && extension != ".md") continue;
      fs::create_directories((here / name).parent_path());
      std::ofstream(here / name, std::ios::binary) << with_crlf(read_file(entry.path()));
    }
  const auto found = learn::find_exercises(here);
  REQUIRE(found.size() == exercises.size());
  for (std::size_t i = 0; i < found.size(); ++i) {
    CAPTURE(exercises[i].number);
    CHECK(found[i].title == exercises[i].title);
    CHECK(found[i].functions == exercises[i].functions);
    CHECK(found[i].hints == exercises[i].hints);
    CHECK(kindling::carve::carve(read_file(here / "solutions" / found[i].file)).text ==
          kindling::carve::carve(read_file(root / "solutions" / found[i].file)).text);
  }
  // Only \r\n is an end of a line, and a file that is no text stays as it is.
  std::ofstream(here / "mixed", std::ios::binary) << "a\rb\r\n\r\r\nc\n\r";
  CHECK(read_file(here / "mixed") == "a\rb\n\r\nc\n\r");
  CHECK(read_bytes(here / "mixed") == "a\rb\r\n\r\r\nc\n\r");
}

TEST_CASE("a clone on Windows' terms has Unix's line ends all the same") {
  const std::string attributes = read_file(root / ".gitattributes");
  CHECK(contains(attributes, "* text=auto eol=lf"));
  for (const char* file : {"learn", "common/tools/machine.sh", "common/tools/packages.sh"})
    CHECK_FALSE(contains(read_bytes(root / file), "\r"));
}

TEST_CASE("as many jobs as there are processors and memory for") {
  const TemporaryFolder folder;
  const fs::path here = folder.path();
  const auto smallest = [&](const std::string& text) {
    std::ofstream(here / "limit") << text;
    return shell("smallest 8 \"$1/none\" \"$1/limit\"", {here.string()}).output;
  };
  CHECK(smallest("max 100000\n") == "8\n");
  CHECK(smallest("200000 100000\n") == "2\n");
  CHECK(smallest("250000 100000\n") == "3\n");  // two and a half
  CHECK(smallest("50000 100000\n") == "1\n");
  CHECK(smallest("1600000 100000\n") == "8\n");
  CHECK(smallest("-1\n") == "8\n");  // no limit, in version 1's words
  CHECK(smallest("5\n") == "5\n");
  CHECK(smallest("") == "8\n");

  const auto jobs = [](const std::string& processors, const std::string& megabytes) {
    return shell("processors() { echo " + processors + "; }; megabytes() { echo " + megabytes +
                 "; }; jobs_at_once")
        .output;
  };
  CHECK(jobs("8", "16000") == "8\n");
  CHECK(jobs("8", "3900") == "3\n");
  CHECK(jobs("8", "1900") == "1\n");
  CHECK(jobs("8", "200") == "1\n");
  CHECK(std::stoi(shell("OMP_NUM_THREADS=1 OMP_THREAD_LIMIT=1 processors").output) ==
        std::stoi(shell("processors").output));
  CHECK(std::stoi(shell("megabytes").output) > 0);
}

TEST_CASE("what was installed or removed since is noticed") {
  const TemporaryFolder folder;
  const fs::path here = folder.path(), programs = here / "bin", stamp = here / "build.ninja";
  fs::create_directories(programs);
  std::ofstream(stamp) << "";
  const auto now = fs::last_write_time(stamp);
  // Later than whatever was installed while this machine was set up.
  fs::last_write_time(stamp, now + std::chrono::hours(1));
  const std::string ask =
      "PATH=$PATH:$1/bin; installed_since \"$1/build.ninja\" && echo yes || echo no";
  fs::last_write_time(programs, now);
  CHECK(shell(ask, {here.string()}).output == "no\n");
  fs::last_write_time(programs, now + std::chrono::hours(2));
  CHECK(shell(ask, {here.string()}).output == "yes\n");

  // CMake forgets what is gone, and what it has learnt of the same package.
  std::ofstream(here / "there.so") << "";
  std::ofstream(here / "ask.cmake") << R"(
set(TORCH_LIBRARY /gone/libtorch.so CACHE FILEPATH "")
set(TORCH_WORKS TRUE CACHE INTERNAL "")
set(NCCL_LIBRARY )" << (here / "there.so").string()
                                    << R"( CACHE FILEPATH "")
set(MD4C_LIBRARY MD4C_LIBRARY-NOTFOUND CACHE FILEPATH "")
set(KINDLING_NVCC /gone/nvcc CACHE FILEPATH "")
set(KINDLING_MINE 01_tensors/strides.cpp CACHE STRING "")
include()" << (root / "common/removed.cmake").string()
                                    << R"()
message("${TORCH_LIBRARY}|${TORCH_WORKS}|${NCCL_LIBRARY}|${MD4C_LIBRARY}|${KINDLING_NVCC}|${KINDLING_MINE}"))";
  const learn::Outcome outcome =
      learn::capture({.arguments = {"cmake", "-P", (here / "ask.cmake").string()}});
  CHECK(outcome.output ==
        "||" + (here / "there.so").string() + "|MD4C_LIBRARY-NOTFOUND||01_tensors/strides.cpp\n");
}

TEST_CASE("./learn configures at first, and again when something was installed, and else goes on") {
  const TemporaryFolder folder;
  const fs::path here = folder.path() / "clone", programs = folder.path() / "bin";
  fs::create_directories(here / "common/tools");
  fs::create_directories(programs);
  for (const char* file : {"learn", "common/tools/packages.sh", "common/tools/machine.sh"})
    fs::copy_file(root / file, here / file);
  std::ofstream(programs / "cmake") << R"(#!/bin/sh
case $1 in
  --version) echo cmake version 3.25.1 ;;
  --preset) mkdir -p build/$2; echo build book: phony >build/$2/build.ninja
    echo "CMAKE_HOME_DIRECTORY:INTERNAL=$PWD" >build/$2/CMakeCache.txt ;;
  --build) echo "[1/1] jobs:$CMAKE_BUILD_PARALLEL_LEVEL"
    printf '#!/bin/sh\necho "program: $*"\n' >"$2/learn"; chmod +x "$2/learn" ;;
esac
)";
  fs::permissions(programs / "cmake", fs::perms::owner_all);
  const auto learn_says = [&](const std::string& words) {
    return learn::capture(
        {.arguments = {"env", "-u", "CI", "-u", "CMAKE_BUILD_PARALLEL_LEVEL", "bash", "-c",
                       "PATH=$1:$PATH; cd \"$0\" && ./learn --no-install " + words, here.string(),
                       programs.string()}});
  };
  const fs::path stamp = here / "build/reference/build.ninja";
  const auto as_if_configured_in = [&](int hours) {
    fs::last_write_time(stamp, fs::file_time_type::clock::now() + std::chrono::hours(hours));
  };

  learn::Outcome outcome = learn_says("test 1.1");
  CHECK(outcome.status == 0);
  CHECK_MESSAGE(contains(outcome.output, "configuring build/reference"), outcome.output);
  CHECK_MESSAGE(contains(outcome.output, "program: test 1.1"), outcome.output);
  CHECK_MESSAGE(contains(outcome.output, "jobs:"), outcome.output);
  as_if_configured_in(1);
  for (const char* words : {"test 1.1", "next", "watch", "progress", "hint 1.1", "mine", "book"}) {
    outcome = learn_says(words);
    CHECK_MESSAGE(outcome.status == 0, words << ": " << outcome.output);
    CHECK_MESSAGE(contains(outcome.output, std::string("program: ") + words), outcome.output);
    CHECK_FALSE(contains(outcome.output, "configuring"));
    CHECK_FALSE(contains(outcome.output, "looking again"));
  }
  as_if_configured_in(-1);  // before `programs` got its cmake
  outcome = learn_says("next");
  CHECK_MESSAGE(contains(outcome.output, "looking again at what is installed here"),
                outcome.output);
  CHECK_MESSAGE(contains(outcome.output, "program: next"), outcome.output);

  fs::rename(here, folder.path() / "R&D");
  outcome = learn::capture({.arguments = {(folder.path() / "R&D/learn").string(), "next"}});
  CHECK(outcome.status == 2);
  CHECK_MESSAGE(contains(outcome.output, "the character &"), outcome.output);
}

TEST_CASE("where no thread may be started, programs run on one") {
  // Root may start as many as it likes; so it becomes nobody.
  std::vector<std::string> arguments;
  if (geteuid() == 0) {
    if (!learn::on_path("setpriv")) {
      MESSAGE("skipped: there is no setpriv, to be another user than root");
      return;
    }
    arguments = {"setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"};
  }
  const fs::path program = build / "chapters/01_tensors/hour";
  std::vector<std::string> alone = arguments;
  alone.insert(alone.end(), {"test", "-x", program.string()});
  if (learn::capture({.arguments = alone}).status != 0) {
    MESSAGE("skipped: nobody but root may read " << program);
    return;
  }
  arguments.insert(arguments.end(), {"bash", "-c", "ulimit -u 1; exec \"$0\"", program.string()});
  const learn::Outcome outcome = learn::capture({.arguments = arguments, .folder = "/"});
  CHECK_MESSAGE(outcome.status == 0, outcome.output);
  CHECK_FALSE(contains(outcome.output, "OpenBLAS"));
}

TEST_CASE("where memory is limited, programs and the simulator of a GPU take less") {
  for (const char* name : {"01_tensors/hour", "07_gpu/hour"}) {
    const fs::path program = build / "chapters" / name;
    if (!fs::exists(program)) continue;  // a build without CUDA
    const learn::Outcome outcome = learn::capture(
        {.arguments = {"bash", "-c", "ulimit -v 3000000; exec \"$0\"", program.string()},
         .folder = "/"});
    CHECK_MESSAGE(outcome.status == 0, name << ": " << outcome.output);
  }
}
