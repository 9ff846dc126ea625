/// The main program of a chapter's reference: it runs the random programs of one exercise on the
/// solutions, and tells a judge what they see (testing/beside.h).
///
///     NN_chapter EXERCISE SEED,SEED… FILE_DESCRIPTOR
#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>

#include <cstdio>
#include <cstdlib>
#include <sstream>
#include <string>

#include "judge/counting_backend.h"
#include "kindling/fused.h"
#include "testing/beside.h"
#include "testing/judged.h"

int main(int argc, char** argv) {
  using namespace kindling::testing;
  if (argc != 4) {
    std::fprintf(stderr, "usage: %s EXERCISE SEED,SEED… FILE_DESCRIPTOR\n", argv[0]);
    return 2;
  }
  seeds.clear();
  std::istringstream list(argv[2]);
  for (std::string seed; std::getline(list, seed, ',');) seeds.push_back(std::stoull(seed));
  reference_output = std::atoi(argv[3]);
  work_so_far = count_work;
  kindling::use_fused_operations = false;  // as in the judge
  doctest::Context context;
  context.addFilter("test-case", (std::string(argv[1]) + "  *").c_str());
  context.addFilter("test-suite", "random programs");
  context.setOption("no-version", true);
  context.setOption("minimal", true);
  return context.run();
}
