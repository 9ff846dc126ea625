#include <functional>
#include <vector>

#include "kindling/data.h"
#include "testing/allocations.h"
#include "testing/files.h"

using namespace kindling;
using namespace kindling::data;
using namespace kindling::testing;

namespace {

struct Outcome {
  int read = 0, refused = 0;
};

/// Whatever happens to the file, it is read or refused by an Error, and no memory is taken for what
/// is not there.
Outcome read_damaged(const std::string& file, int random_ones,
                     const std::function<Tensor(const std::string&)>& reader) {
  Outcome outcome;
  for_each_damaged(file, random_ones, [&](const std::string& damaged) {
    const LargestAllocation largest;
    try {
      const Tensor t = reader(damaged);
      ++outcome.read;
    } catch (const Error&) {
      ++outcome.refused;
    }
    if (largest.bytes() > 4 << 20)
      FAIL_CHECK("took " << largest.bytes() << " bytes for a file of " << damaged.size());
  });
  MESSAGE(outcome.read << " read, " << outcome.refused << " refused");
  return outcome;
}

std::string some_idx() {
  std::string file("\0\0\x0B\3\0\0\0\2\0\0\0\3\0\0\0\4", 16);
  for (int i = 0; i < 48; ++i) file += static_cast<char>(i * 37);
  return file;
}

std::string some_csv() {
  std::string file = "a,b,c\n";
  for (int i = 0; i < 20; ++i)
    file +=
        std::to_string(i) + ", " + std::to_string(i * 1.25) + ",-1e" + std::to_string(i) + "\r\n";
  return file;
}

}  // namespace

TEST_CASE("Whenever memory runs out, a reader says so by an Error") {
  const TemporaryFolder folder;
  const fs::path table = write(folder / "t.csv.gz", gzip(some_csv() + "\"1\",\"2\",\"3\"\n"));
  const fs::path array = write(folder / "a", some_idx());
  const std::vector<std::function<void()>> readers{[&] { read_csv(table); },
                                                   [&] { read_idx(array); }};
  for (const auto& read : readers) {
    int refused = 0;
    for (int successes = 0;; ++successes) {
      try {
        const FailingAllocation failing(successes);
        read();
        if (!failing.has_happened()) break;
      } catch (const Error& error) {
        ++refused;
        const std::string text = error.what();
        CHECK_MESSAGE(contains(text, " memory"), text);
      }
    }
    CHECK(refused > 3);
  }
}

TEST_CASE("Damaged IDX files") {
  const Outcome outcome = read_damaged(some_idx(), 5000, [](const std::string& file) {
    return parse_idx(std::as_bytes(std::span(file)), "damaged", {});
  });
  CHECK(outcome.read > 100);  // changed elements
  CHECK(outcome.refused > 1000);
}

TEST_CASE("Damaged IDX files, compressed") {
  const TemporaryFolder folder;
  const Outcome outcome = read_damaged(gzip(some_idx()), 2000, [&](const std::string& file) {
    return read_idx(write(folder / "d.gz", file));
  });
  CHECK(outcome.refused > 1000);
}

TEST_CASE("Damaged CSV files") {
  const TemporaryFolder folder;
  const Outcome outcome = read_damaged(some_csv(), 5000, [&](const std::string& file) {
    return read_csv(write(folder / "d.csv", file), {.skip_rows = 1});
  });
  CHECK(outcome.read > 100);
  CHECK(outcome.refused > 1000);
}

TEST_CASE("Damaged CSV files, compressed") {
  const TemporaryFolder folder;
  const Outcome outcome = read_damaged(gzip(some_csv()), 2000, [&](const std::string& file) {
    return read_csv(write(folder / "d.gz", file), {.skip_rows = 1});
  });
  CHECK(outcome.refused > 500);
}
