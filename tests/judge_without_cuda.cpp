/// Stands for the judges of kernels in a build that leaves CUDA out.
#include <fmt/format.h>

#include "testing/judged.h"
#include "tools/terminal.h"

int main() {
  using namespace kindling::testing;
  fmt::print(
      "\n{0} {1}  {2} is not judged: this build leaves CUDA out (KINDLING_CUDA=off)\n"
      "  with a GPU or without one: cmake --preset reference -DKINDLING_CUDA=auto\n",
      learn::cross(), judged_exercise, judged_file);
  return 1;
}
