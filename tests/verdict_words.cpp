/// The words that verdicts are made of, without a judge around them: how long texts are compared,
/// what is picked out of a compiler's page, and where somebody is sent to edit.
#include <doctest/doctest.h>

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "08_distributed/by_processes.h"
#include "kindling/ops.h"
#include "testing/expect.h"
#include "testing/oracle.h"
#include "tools/compile_errors.h"
#include "tools/exercises.h"

namespace fs = std::filesystem;
using namespace kindling;
using namespace kindling::testing;

namespace {

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != text.npos;
}

}  // namespace

TEST_CASE("of long texts, what lies around the first character that differs") {
  CHECK(compared("1.5", "2.5") == "expected 1.5, got 2.5");
  std::string state;  // as a generator has one, of 6,000 characters
  for (int i = 0; i < 600; ++i) state += std::to_string(1'000'000'000 + 7919 * i) + ' ';
  std::string other = state;
  other[3000] = 'x';
  const std::string text = compared(state, other);
  CHECK(text.size() < 260);
  CHECK(contains(text, "from character 3000 on expected …"));
  CHECK(contains(text, "x"));
  // Within a character of UTF-8 nothing is cut, and lines do not break.
  std::string umlauts;
  for (int i = 0; i < 200; ++i) umlauts += "ü\n";
  const std::string of_umlauts = compared(umlauts, umlauts + "more");
  CHECK_FALSE(contains(of_umlauts, "\n"));
  CHECK(contains(of_umlauts, "ü\\n"));
  CHECK(compared(std::string(300, 'a'), std::string(200, 'a')).size() < 200);
}

TEST_CASE("the element that differs first, whatever the shape") {
  const Tensor expected = zeros({3, 16, 16});
  Tensor got = expected.clone();
  CHECK_FALSE(differing_element(got, expected, exact));
  got[1][4][9].fill_(5);
  got[2][0][0].fill_(6);
  CHECK(differing_element(got, expected, exact) == Shape{1, 4, 9});
  CHECK(difference(got, expected, exact) == "element [1, 4, 9]: expected 0, got 5");
  CHECK(difference(tensor(2.5), tensor(1.5), exact) == "element []: expected 1.5, got 2.5");
  CHECK_FALSE(differing_element(zeros({2}), zeros({3}), exact));  // the shape differs
}

TEST_CASE("of a compiler's page, the learner's own line comes first") {
  const fs::path root = "/home/me/kindling", file = root / "exercises/01_tensors/strides.cpp";
  const auto error = [&](const std::string& output) {
    return learn::first_error(output, root, file, "exercises/01_tensors/strides.cpp");
  };
  CHECK(error("ninja: no work to do.\n") == "");
  // In the file itself: as it is, but for the path.
  const std::string own = error(
      "FAILED: x.o\n"
      "/usr/bin/c++ -c x.cpp\n"
      "/home/me/kindling/exercises/01_tensors/strides.cpp: In function 'int f()':\n"
      "/home/me/kindling/exercises/01_tensors/strides.cpp:7:10: error: 'y' was not declared\n"
      "    7 |   return y;\n"
      "      |          ^\n"
      "/home/me/kindling/exercises/01_tensors/strides.cpp:9:1: error: another\n");
  CHECK(own.starts_with("  exercises/01_tensors/strides.cpp:7:10: error: 'y' was not declared\n"));
  CHECK(contains(own, "    7 |   return y;"));
  CHECK(contains(own, "and 1 more"));
  // In a template of ours, which GCC has been led to by the learner's line.
  const std::string in_header =
      "/home/me/kindling/common/include/kindling/functors.h: In instantiation of 'auto f(T)':\n"
      "/usr/include/c++/12/variant:100:5:   required from 'void visit()'\n"
      "/home/me/kindling/exercises/01_tensors/strides.cpp:12:17:   required from here\n"
      "/home/me/kindling/common/include/kindling/functors.h:50:10: error: no match for operator*\n"
      "   50 |   return x * y;\n";
  const std::string led = error(in_header);
  CHECK(
      led.starts_with("  exercises/01_tensors/strides.cpp:12:17: error: no match for operator*\n"));
  CHECK(contains(led, "noticed in common/include/kindling/functors.h:50"));
  CHECK(contains(led, "   50 |   return x * y;"));
  // Clang says where it came from in notes behind.
  const std::string by_clang = error(
      "/home/me/kindling/common/include/kindling/functors.h:50:10: error: invalid operands\n"
      "   50 |   return x * y;\n"
      "/home/me/kindling/exercises/01_tensors/strides.cpp:12:17: note: in instantiation of "
      "function "
      "template specialization 'f<int>' requested here\n");
  CHECK(
      by_clang.starts_with("  exercises/01_tensors/strides.cpp:12:17: error: invalid operands\n"));
  // The first error of all is somebody else's; the learner's comes later.
  const std::string mixed = error("/usr/include/x.h:1:1: error: strange\n" + in_header);
  CHECK(mixed.starts_with("  exercises/01_tensors/strides.cpp:12:17: error: no match"));
  // Nothing of the learner's: the first one, as it is.
  CHECK(error("/usr/include/x.h:1:1: error: strange\n") ==
        "  /usr/include/x.h:1:1: error: strange\n");
}

TEST_CASE("what the compiler warned of, if it makes a program do anything") {
  const fs::path root = "/home/me/kindling", file = root / "exercises/01_tensors/strides.cpp";
  const auto warnings = [&](const std::string& output) {
    return learn::grave_warnings(output, root, file, "exercises/01_tensors/strides.cpp");
  };
  const std::string here = "/home/me/kindling/exercises/01_tensors/strides.cpp";
  CHECK(warnings("ninja: no work to do.\n") == "");
  CHECK(warnings(here + ":7:10: warning: unused 'y' [-Wunused-variable]\n") == "");
  CHECK(warnings("/usr/include/x.h:7:10: warning: 'y' is used [-Wuninitialized]\n") == "");
  CHECK(warnings(here + ":7:10: error: 'y' is used uninitialized [-Werror=uninitialized]\n") == "");
  const std::string two = warnings(
      here + ":9:1: warning: no return statement in function [-Wreturn-type]\n    9 | }\n" + here +
      ":7:10: warning: 'y' is used uninitialized [-Wuninitialized]\n");
  CHECK(two.starts_with(
      "  exercises/01_tensors/strides.cpp:9:1: warning: no return statement in function "
      "[-Wreturn-type]\n"));
  CHECK(contains(two, "exercises/01_tensors/strides.cpp:7:10: warning: 'y' is used uninitialized"));
}

TEST_CASE("what was given is said as it was given") {
  Given::forget();
  std::vector<int> list{1, 2};
  const auto text = [&] {
    std::string words = "{";
    for (const int value : list) words += " " + std::to_string(value);
    return words + " }";
  };
  {
    GIVEN(text());
    list[0] = 9;  // as an answer may do
    CHECK(Given::all() == "text() = { 1 2 }\n");
    try {
      GIVEN(list.size());
      throw 1;
    } catch (int) {  // an exception leaves what it has passed
      CHECK(Given::all() == "text() = { 1 2 }\nlist.size() = 2\n");
    }
    GIVEN(list.back());  // in place of it
    CHECK(Given::all() == "text() = { 1 2 }\nlist.back() = 2\n");
  }
  CHECK(Given::all().empty());
  {
    const std::string long_text(100'000, 'x');
    GIVEN(long_text);
    GIVEN(long_text);
    CHECK(Given::all().size() < 20'000);
  }
  CHECK(Given::all().empty());
}

TEST_CASE("of what ranks print, the first complaint, whole, and no words of mpirun's") {
  using Words = std::pair<std::string, std::string>;
  CHECK(
      complaint_of_ranks("rank 3: rank 2: the sum: expected 1\n  expected tensor([[1.],\n"
                         "                   [2.]])\nrank 1: another\n") ==
      Words("rank 2: the sum: expected 1", "  expected tensor([[1.],\n                   [2.]])"));
  CHECK(complaint_of_ranks("mpirun noticed that process rank 1 with PID 0 on node n exited on "
                           "signal 11 (Segmentation fault).\n") ==
        Words("rank 1: it crashed, by signal 11 (Segmentation fault)", ""));
  CHECK(
      complaint_of_ranks("mpirun has exited due to process rank 1 with PID 0 on\nnode n\n").first ==
      "a rank ended its process, instead of returning");
  CHECK(complaint_of_ranks("").first == "a rank ended its process, instead of returning");
}

TEST_CASE("where to edit: all functions of an exercise, or those that are to blame") {
  for (const learn::Exercise& exercise : learn::find_exercises(KINDLING_SOURCE_DIR)) {
    const std::string all = learn::place_to_edit(KINDLING_SOURCE_DIR, exercise);
    CAPTURE(all);
    if (exercise.number == "3.3") {
      const std::string rule =
          learn::place_to_edit(KINDLING_SOURCE_DIR, exercise, {"silu_backward"});
      const std::string silu = learn::place_to_edit(KINDLING_SOURCE_DIR, exercise, {"silu"});
      CHECK(contains(all, ", :"));
      CHECK_FALSE(contains(rule, ", :"));
      CHECK_FALSE(contains(silu, ", :"));
      CHECK(rule != silu);
      CHECK(learn::place_to_edit(KINDLING_SOURCE_DIR, exercise, {"silu_backward", "silu"}) == all);
      CHECK(learn::place_to_edit(KINDLING_SOURCE_DIR, exercise, {"of another name"}) == all);
    }
    // Every function can be named as its signature names it: about("Linear::forward").
    for (const std::string& function : exercise.functions) {
      const std::string name = function.substr(0, function.find('('));
      const std::string place = learn::place_to_edit(KINDLING_SOURCE_DIR, exercise, {name});
      if (exercise.functions.size() > 1)
        CHECK_MESSAGE(place != all, exercise.number << " " << name);
    }
  }
}
