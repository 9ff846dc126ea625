/// What is recorded and what is not; and which gradients are taken from whom.
#include <doctest/doctest.h>

#include <functional>
#include <limits>

#include "kindling/ops.h"

using namespace kindling;

static Tensor leaf() { return tensor({1.7, 2.3}).requires_grad_(); }
static std::vector<double> numbers(const Tensor& t) { return t.to_vector<double>(); }

TEST_CASE("no gradient flows through integers and truth values") {
  for (const DType dtype : {int64, bool_}) {
    Tensor x = leaf();
    const Tensor cut = x.to(dtype);
    CHECK_FALSE(cut.requires_grad());
    CHECK(cut.is_leaf());
    CHECK(cut.grad_fn().empty());
    sum(cut.to(float32) * x).backward();
    CHECK(numbers(x.grad()) == numbers(cut));  // [1, 2] of int64
  }
  Tensor x = leaf();
  const Tensor mixed = where(x > 2, x, x.to(int64).to(float64));
  sum(mixed).backward();
  CHECK(numbers(x.grad()) == std::vector<double>{0, 1});
}

TEST_CASE("no result that is not floating is recorded, whoever records") {
  const Tensor x = leaf();
  const Tensor indices = tensor({1, 0});
  const std::vector<std::pair<const char*, std::function<Tensor()>>> results = {
      {"equal", [&] { return x == x; }},
      {"less", [&] { return x < 2; }},
      {"logical_and", [&] { return logical_and(x, x); }},
      {"logical_not", [&] { return logical_not(x); }},
      {"isnan", [&] { return isnan(x); }},
      {"argmax", [&] { return argmax(x); }},
      {"argmin of an axis", [&] { return argmin(x, 0); }},
      {"indices of max", [&] { return max(x, 0).indices; }},
      {"indices of min", [&] { return min(x, 0).indices; }},
      {"all", [&] { return all(x); }},
      {"any of an axis", [&] { return any(x, 0); }},
      {"a view of a cast",
       [&] {
         return x.to(int64).view({2, 1});
       }},
      {"an element of a cast", [&] { return x.to(int64)[0]; }},
      {"a copy of a cast", [&] { return x.to(bool_).clone(); }},
      {"a sum of a cast", [&] { return sum(x.to(int64)); }},
      {"cat",
       [&] {
         return cat({x.to(int64), indices});
       }},
      {"stack",
       [&] {
         return stack({x.to(int64), indices});
       }},
      {"where", [&] { return where(x > 2, x.to(int64), indices); }},
      {"gather", [&] { return gather(x.to(int64), 0, indices); }},
      {"index_select", [&] { return index_select(x.to(int64), 0, indices); }},
      {"masked_fill", [&] { return masked_fill(x.to(int64), x > 2, 1); }},
      {"a rule of one's own",
       [&] {
         return record(x.detach().to(int64), "OwnBackward", {x},
                       [](const Tensor& grad) -> Tensors { return {grad}; });
       }},
  };
  for (const auto& [name, make] : results) {
    const Tensor result = make();
    CHECK_MESSAGE(!result.requires_grad(), name);
    CHECK_MESSAGE(result.is_leaf(), name);
    CHECK_MESSAGE(result.grad_fn().empty(), name);
    CHECK_MESSAGE(!(result.to(float32) * 2).requires_grad(), name);
  }
  CHECK_THROWS_AS(x.to(int64).requires_grad_(), Error);
}

TEST_CASE("floating numbers may be written into integers: the gradient ends there") {
  const Tensor x = leaf();
  Tensor whole = zeros({2}, int64), truth = zeros({2}, bool_);
  whole.copy_(x * 2);
  truth.copy_(x - 1.7f);
  CHECK(numbers(whole) == std::vector<double>{3, 4});
  CHECK(numbers(truth) == std::vector<double>{0, 1});
  CHECK_FALSE(whole.requires_grad());
  CHECK_FALSE(truth.requires_grad());
  Tensor single = zeros({2});
  CHECK_THROWS_AS(single.copy_(x), Error);  // here it would be lost
}

TEST_CASE("a leaf that is frozen between forward and backward gets no gradient") {
  Tensor frozen = leaf(), trained = leaf();
  int hooks = 0;
  frozen.register_post_accumulate_grad_hook([&](Tensor&) { ++hooks; });
  frozen.retain_grad();
  const Tensor loss = sum(frozen * trained);
  frozen.requires_grad_(false);
  loss.backward(true);
  CHECK_FALSE(frozen.grad().defined());
  CHECK(hooks == 0);
  CHECK(numbers(trained.grad()) == numbers(frozen));
  CHECK_THROWS_WITH_AS(grad(loss, frozen),
                       "grad: one of the differentiated tensors does not require grad", Error);

  frozen.requires_grad_();  // thawed again, the same graph reaches it
  loss.backward();
  CHECK(numbers(frozen.grad()) == numbers(trained));
  CHECK(hooks == 1);
}

TEST_CASE("a frozen leaf keeps the gradient that it had") {
  Tensor x = leaf();
  sum(x * 2).backward();
  const Tensor loss = sum(x * 3);
  x.requires_grad_(false);
  loss.backward();
  CHECK(numbers(x.grad()) == std::vector<double>{2, 2});
}

TEST_CASE("set_grad takes what fits") {
  Tensor x = leaf();
  CHECK_THROWS_WITH_AS(x.set_grad(ones({3})), "set_grad: expected a gradient of shape [2], got [3]",
                       Error);
  CHECK_THROWS_WITH_AS(x.set_grad(ones({2}, float64)),
                       "set_grad: expected a gradient of dtype float32, got float64", Error);
  CHECK_THROWS_WITH_AS(x.set_grad(x), "set_grad: can't assign a tensor as its own grad", Error);
  CHECK_FALSE(x.grad().defined());
  x.set_grad(ones({2}));
  CHECK(numbers(x.grad()) == std::vector<double>{1, 1});
}

TEST_CASE("set_data takes what fits, and changes nothing else") {
  Tensor x = leaf();
  CHECK_THROWS_WITH_AS(x.set_data(tensor({1, 2})),
                       "set_data: data set to a tensor that requires gradients must be of floating "
                       "point dtype, got int64",
                       Error);
  CHECK_THROWS_AS(x.set_data(Tensor()), Error);
  x.set_grad(ones({2}));
  CHECK_THROWS_WITH_AS(x.set_data(ones({3})),
                       "set_data: expected data like the .grad of this tensor, float32 [2] on cpu, "
                       "got float32 [3] on cpu; take the gradient away first, by "
                       "set_grad(Tensor())",
                       Error);
  CHECK_THROWS_AS(x.set_data(ones({2}, float64)), Error);
  CHECK(numbers(x) == numbers(leaf()));
  x.set_data(tensor({5., 6.}));
  CHECK(numbers(x) == std::vector<double>{5, 6});
  x.set_grad(Tensor());
  x.set_data(ones({3}, float64));
  CHECK(x.shape() == Shape{3});
}

TEST_CASE("a graph that was made before set_data() does not fit any longer, and says so") {
  Tensor x = leaf();
  const Tensor loss = sum(x * 2);
  x.set_data(ones({3}));
  CHECK_THROWS_AS(loss.backward(), Error);
  CHECK_FALSE(x.grad().defined());
}
