#include "kindling/data.h"
#include "kindling/ops.h"
#include "testing/files.h"
#include "testing/oracle.h"

using namespace kindling;
using namespace kindling::data;
using namespace kindling::testing;

namespace {

/// A user's own, of the simplest kind.
struct Squares : Dataset {
  Example get(std::int64_t i) const override { return {tensor({i}), tensor(i * i)}; }
  std::int64_t size() const override { return 10; }
};

const Indices some{3, 0, 3};

}  // namespace

TEST_CASE("TensorDataset gives rows") {
  const TensorDataset dataset(tensor({{1., 2.}, {3., 4.}, {5., 6.}}), tensor({7, 8, 9}));
  CHECK(dataset.size() == 3);
  const auto [x, y] = dataset.get(1);
  CHECK(equal(x, tensor({3., 4.})));
  CHECK(equal(y, tensor(8)));
  CHECK(dataset[2].target.item<int>() == 9);
  CHECK_FAILS(dataset.get(3), "TensorDataset: example 3 is out of range, expected 0 to 2");
  CHECK_FAILS(dataset.get(-1), "example -1 is out of range");
  CHECK_FAILS(dataset.get_batch(some), "example 3 is out of range");
}

TEST_CASE(
    "TensorDataset gathers a batch as the default would, of strided and of many-dimensional "
    "tensors") {
  const TensorDataset dataset(arange(0., 24.).reshape({2, 3, 4}).permute({2, 1, 0}), arange(4));
  const Example fast = dataset.get_batch(some);
  const Example slow = dataset.Dataset::get_batch(some);
  CHECK(fast.data.shape() == Shape{3, 3, 2});
  CHECK(equal(fast.data, slow.data));
  CHECK(equal(fast.target, slow.target));
}

TEST_CASE("TensorDataset without targets, and without examples") {
  const TensorDataset bare(tensor({1, 2, 3, 4}));
  CHECK(!bare.get(0).target.defined());
  CHECK(!bare.get_batch(some).target.defined());
  CHECK(!bare.Dataset::get_batch(some).target.defined());
  CHECK(equal(bare.get_batch(some).data, tensor({4, 1, 4})));
  const TensorDataset none(empty({0, 3}), empty({0}));
  CHECK(none.size() == 0);
  CHECK_FAILS(none.get(0), "out of range");
}

TEST_CASE("TensorDataset refuses tensors that do not belong together") {
  CHECK_FAILS(
      TensorDataset(zeros({3, 2}), zeros({4})),
      "expected as many targets as examples, got data of shape [3, 2] and targets of shape [4]");
  CHECK_FAILS(TensorDataset(tensor(1)), "got a scalar");
  CHECK_FAILS(TensorDataset(tensor({1}), tensor(1)), "got a scalar");
  CHECK_FAILS(TensorDataset(Tensor()), "undefined");
}

TEST_CASE("A dataset of one's own is collated") {
  const Example batch = Squares().get_batch(some);
  CHECK(equal(batch.data, tensor({{3}, {0}, {3}})));
  CHECK(equal(batch.target, tensor({9, 0, 9})));
}

TEST_CASE("collate says which example does not fit") {
  const Example first{zeros({2}), tensor(1)};
  CHECK_FAILS(collate(std::vector<Example>{}), "at least one");
  CHECK_FAILS(collate(std::vector<Example>{first, first, {zeros({3}), tensor(1)}}),
              "data of the same shape and dtype in the whole batch, got [2] float32 in the first "
              "example and [3] float32 in example 2");
  CHECK_FAILS(collate(std::vector<Example>{first, {zeros({2}), tensor(1.)}}),
              "target of the same shape and dtype in the whole batch, got [] int64 in the first "
              "example and [] float32 in example 1");
  CHECK_FAILS(collate(std::vector<Example>{first, {zeros({2}), {}}}),
              "example 1 of the batch has no target, the first has one");
  CHECK_FAILS(collate(std::vector<Example>{{zeros({2}), {}}, first}),
              "example 1 of the batch has a target, the first has none");
}

TEST_CASE("Subset renumbers, and subsets of subsets do") {
  const Subset odd(Squares(), {1, 3, 5, 7, 9});
  CHECK(odd.size() == 5);
  CHECK(odd.get(2).target.item<int>() == 25);
  CHECK(equal(odd.get_batch(some).target, tensor({49, 1, 49})));
  const Subset last(odd, {4});
  CHECK(last.get(0).target.item<int>() == 81);
  CHECK_FAILS(last.get(1), "Subset: example 1 is out of range, expected 0 to 0");
  CHECK_FAILS(odd.get_batch(Indices{5}), "Subset: example 5");
  CHECK_FAILS(Subset(Squares(), {0, 10}), "Subset: example 10 is out of range, expected 0 to 9");
}

TEST_CASE("A dataset is kept by copy, by move or by pointer") {
  struct Immovable : Squares {
    Immovable() = default;
    Immovable(const Immovable&) = delete;
  };
  const auto shared = std::make_shared<Immovable>();
  CHECK(Subset(shared, {4}).get(0).target.item<int>() == 16);
  const std::shared_ptr<const Dataset> base = shared;
  CHECK(Subset(base, {4}).get(0).target.item<int>() == 16);
  CHECK(shared.use_count() == 2);
  CHECK_FAILS(Subset(std::shared_ptr<Squares>(), {}), "null pointer");
}

TEST_CASE("random_split deals as PyTorch does") {
  for (const Json& expected : load_oracle("random")["splits"]) {
    manual_seed(expected["seed"].get<std::uint64_t>());
    Generator own(42);
    const bool is_own = !expected["generator_seed"].is_null();
    if (is_own) own.manual_seed(expected["generator_seed"].get<std::uint64_t>());
    const auto lengths = expected["lengths"].get<std::vector<std::int64_t>>();
    const TensorDataset dataset(arange(std::reduce(lengths.begin(), lengths.end())));
    const auto parts =
        random_split(dataset, {lengths.begin(), lengths.end()}, is_own ? own : default_generator());
    REQUIRE(parts.size() == lengths.size());
    for (std::size_t i = 0; i < parts.size(); ++i)
      CHECK(parts[i].indices() == expected["indices"][i].get<Indices>());
    CHECK(rand({1}).item<float>() == expected["rand_after"].get<float>());
  }
}

TEST_CASE("random_split by fractions gives what is left over to the first parts") {
  const auto sizes = [](std::int64_t n, const std::vector<Scalar>& fractions) {
    std::vector<std::int64_t> found;
    for (const Subset& part : random_split(TensorDataset(arange(n)), fractions))
      found.push_back(part.size());
    return found;
  };
  using Sizes = std::vector<std::int64_t>;
  CHECK(sizes(10, {0.8, 0.2}) == Sizes{8, 2});
  CHECK(sizes(11, {0.5, 0.25, 0.25}) == Sizes{6, 3, 2});
  CHECK(sizes(10, {0.7, 0.2, 0.1}) == Sizes{7, 2, 1});
  CHECK(sizes(0, {0.5, 0.5}) == Sizes{0, 0});
  CHECK(sizes(3, {1.}) == Sizes{3});
  CHECK_FAILS(sizes(10, {0.8, 0.3}), "expected fractions that add up to 1, got a sum of 1.1");
  CHECK_FAILS(sizes(10, {1.5, -0.5}), "fractions from 0 to 1, got 1.5");
  CHECK_FAILS(sizes(10, {std::nan(""), 1.}), "fractions from 0 to 1, got nan");
  CHECK_FAILS(sizes(10, {8, 3}), "add up to the size of the dataset, 10, got a sum of 11");
  CHECK_FAILS(sizes(10, {12, -2}), "not negative, got -2");
  CHECK_FAILS(sizes(10, {}), "got a sum of 0");
}

TEST_CASE("The digits") {
  const TensorDataset dataset = digits();
  CHECK(dataset.size() == 1797);
  CHECK(dataset.data().shape() == Shape{1797, 64});
  CHECK(dataset.data().dtype() == float32);
  CHECK(dataset.targets().dtype() == int64);
  CHECK(min(dataset.data()).item() == 0);
  CHECK(max(dataset.data()).item() == 1);
  CHECK(dataset[0].data[2].item() == 5. / 16);
  std::vector<int> counts(10);
  for (int label : dataset.targets().to_vector<int>()) ++counts.at(label);
  CHECK(counts == std::vector{178, 182, 177, 183, 181, 182, 181, 179, 174, 180});
}
