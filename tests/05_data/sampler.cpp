#include <algorithm>
#include <numeric>
#include <set>

#include "kindling/data.h"
#include "kindling/ops.h"
#include "testing/files.h"
#include "testing/oracle.h"

using namespace kindling;
using namespace kindling::data;
using namespace kindling::testing;

TEST_CASE("SequentialSampler goes in order") {
  CHECK(SequentialSampler(4).order() == Indices{0, 1, 2, 3});
  CHECK(SequentialSampler(0).order().empty());
}

TEST_CASE("RandomSampler seeds a fresh generator from the default one") {
  manual_seed(123);
  RandomSampler sampler(10);
  const Indices first = sampler.order(), second = sampler.order();
  manual_seed(123);
  for (const Indices& order : {first, second}) {
    Generator fresh(default_generator().random64() & INT64_MAX);
    CHECK(order == randperm(10, fresh).to_vector<std::int64_t>());
  }
}

TEST_CASE("RandomSampler draws from its own generator, and one permutation more than it needs") {
  manual_seed(1);
  Generator own(123), expected(123);
  RandomSampler sampler(10, {.generator = &own});
  CHECK(sampler.order() == Indices{2, 0, 8, 1, 3, 7, 4, 9, 5, 6});
  randperm(10, expected);
  randperm(10, expected);
  CHECK(own.state() == expected.state());
  CHECK(default_generator().state() == Generator(1).state());
}

TEST_CASE("RandomSampler gives as many as it is asked for") {
  Generator own(7);
  const Indices many = RandomSampler(4, {.num_samples = 10, .generator = &own}).order();
  CHECK(many.size() == 10);
  for (int block = 0; block < 2; ++block)  // each block of 4 is a permutation
    CHECK(std::set(many.begin() + 4 * block, many.begin() + 4 * block + 4).size() == 4);
  CHECK(RandomSampler(10, {.num_samples = 3}).order().size() == 3);
}

TEST_CASE("RandomSampler with replacement draws word mod n") {
  Generator own(123);
  RandomSampler sampler(10, {.replacement = true, .num_samples = 8, .generator = &own});
  CHECK(sampler.order() == Indices{2, 9, 2, 0, 0, 2, 6, 7});
  CHECK(sampler.size() == 8);
}

TEST_CASE("Samplers refuse nonsense") {
  CHECK_FAILS(RandomSampler(0), "at least one example to draw from, got 0");
  CHECK_FAILS(RandomSampler(3, {.num_samples = 0}), "positive num_samples, got 0");
  CHECK_FAILS(SequentialSampler(-1), "got -1");
  CHECK_FAILS(BatchSampler(std::make_shared<SequentialSampler>(3), 0, false),
              "positive batch_size, got 0");
  CHECK_FAILS(BatchSampler(nullptr, 1, false), "null pointer");
}

TEST_CASE("BatchSampler cuts") {
  const auto batches = [](std::int64_t n, std::int64_t size, bool drop) {
    BatchSampler sampler(std::make_shared<SequentialSampler>(n), size, drop);
    const auto found = sampler.batches();
    CHECK(std::ssize(found) == sampler.size());
    return found;
  };
  using Batches = std::vector<Indices>;
  CHECK(batches(5, 2, false) == Batches{{0, 1}, {2, 3}, {4}});
  CHECK(batches(5, 2, true) == Batches{{0, 1}, {2, 3}});
  CHECK(batches(4, 2, false) == Batches{{0, 1}, {2, 3}});
  CHECK(batches(4, 2, true) == Batches{{0, 1}, {2, 3}});
  CHECK(batches(2, 5, false) == Batches{{0, 1}});
  CHECK(batches(2, 5, true).empty());
  CHECK(batches(0, 5, false).empty());
  CHECK(batches(2, INT64_MAX, false) == Batches{{0, 1}});
}
