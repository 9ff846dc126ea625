/// doctest's main program, of which mpirun may also start copies: see by_processes.h.
#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>

#include "testing/judged.h"

int main(int argc, char** argv) {
  if (const auto status = kindling::testing::before_judging(argc, argv)) return *status;
  return doctest::Context(argc, argv).run();
}
