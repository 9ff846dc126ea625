/// What is recorded and what is not; and which gradients are taken from whom.
#include <doctest/doctest.h>

#include <functional>
#include <limits>
#include <string>

#include "kindling/ops.h"
#include "kindling/primitives.h"
#include "testing/allocations.h"

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

namespace {

/// An operation, and what it computes with, without autograd.
struct Work {
  std::string name;
  std::function<Tensor()> operation, primitives;
};

/// \param a, b matrices of one shape
std::vector<Work> work_on(const Tensor& a, const Tensor& b) {
  using namespace functors;
  using primitive::map, primitive::zip, primitive::with_layout, primitive::reduce;
  const Tensor condition = a.detach() > b.detach();
  const auto along_rows = [](const Tensor& x) {  // without the axis of length 1
    return with_layout(x, Layout({x.size(0)}));
  };
  const auto batch = [](const Tensor& x) { return with_layout(x, unsqueeze(x.layout(), 0)); };
  return {
      {"a * b", [=] { return a * b; }, [=] { return zip(Mul{}, a, b); }},
      {"a / b", [=] { return a / b; }, [=] { return zip(Div{}, a, b); }},
      {"a * 2", [=] { return a * 2; }, [=] { return map(WithRight<Mul>{2}, a); }},
      {"2 / a", [=] { return 2 / a; }, [=] { return map(WithLeft<Div>{2}, a); }},
      {"tanh", [=] { return tanh(a); }, [=] { return map(Tanh{}, a); }},
      {"log", [=] { return log(a); }, [=] { return map(Log{}, a); }},
      {"clamp", [=] { return clamp(a, 0, 1); },
       [=] {
         return map(Clamp{0, 1}, a);
       }},
      {"pow", [=] { return pow(a, b); }, [=] { return zip(Pow{}, a, b); }},
      {"maximum", [=] { return maximum(a, b); }, [=] { return zip(Maximum{}, a, b); }},
      {"where", [=] { return where(condition, a, b); },
       [=] { return primitive::where(condition, a, b); }},
      {"transpose", [=] { return a.transpose(0, 1); },
       [=] { return with_layout(a, transpose(a.layout(), 0, 1)); }},
      {"reshape", [=] { return a.reshape({-1}); },
       [=] { return with_layout(a, Layout({a.numel()})); }},
      {"select", [=] { return a.select(0, 1); },
       [=] { return with_layout(a, select(a.layout(), 0, 1)); }},
      {"clone", [=] { return a.clone(); }, [=] { return primitive::copy(a); }},
      {"to", [=] { return a.to(float64); }, [=] { return primitive::cast(a, float64); }},
      {"sum", [=] { return sum(a, 1); },
       [=] { return along_rows(reduce(Reduction::sum, a, {1})); }},
      {"amax", [=] { return amax(a, 1); },
       [=] { return along_rows(reduce(Reduction::max, a, {1})); }},
      {"matmul", [=] { return matmul(a, b); },
       [=] {
         const Tensor out = primitive::matmul(batch(a), batch(b));
         return with_layout(out, squeeze(out.layout(), 0));
       }},
      {"softmax", [=] { return softmax(a, 1); },
       [=] {
         const Tensor powers = map(Exp{}, zip(Sub{}, a, reduce(Reduction::max, a, {1})));
         return zip(Div{}, powers, reduce(Reduction::sum, powers, {1}));
       }},
  };
}

/// How often f() asks for memory, once all that is kept from call to call is there.
int allocations(const std::function<Tensor()>& f) {
  f();
  const testing::CountedAllocations counted;
  f();
  return counted.count();
}

}  // namespace

TEST_CASE("what is not recorded costs no memory: neither under NoGrad, nor without gradients") {
  const Tensor a = tensor({{1.5, 0.5}, {0.25, 2.5}}), b = tensor({{0.5, 3}, {1.25, 2}});
  for (const auto& [name, operation, primitives] : work_on(a, b)) {
    CHECK_MESSAGE(allocations(primitives) > 0, name);
    CHECK_MESSAGE(allocations(operation) == allocations(primitives), name);
  }
  const Tensor trained = a.clone().requires_grad_();
  NoGrad guard;
  for (const auto& [name, operation, primitives] : work_on(trained, b))
    CHECK_MESSAGE(allocations(operation) == allocations(primitives), name);
}

TEST_CASE("a record is a meta, a node, its list of inputs, and what the rule keeps") {
  const Tensor a = tensor({{1.5, 0.5}, {0.25, 2.5}}).requires_grad_(), b = a.detach().clone();
  const auto costs = [](const std::function<Tensor()>& operation) {
    const int recorded = allocations(operation);
    NoGrad guard;
    return recorded - allocations(operation);
  };
  CHECK(costs([&] { return a + b; }) <= 3);    // the rule keeps nothing
  CHECK(costs([&] { return a * 2; }) <= 4);    // a number
  CHECK(costs([&] { return tanh(a); }) <= 5);  // a handle of the result
  CHECK(costs([&] { return a * b; }) <= 6);    // one of each operand
  CHECK(costs([&] { return softmax(a, 1); }) <= 5);
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
