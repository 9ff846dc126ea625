/// The walk back: what arrives where, how often, in which order, and what is refused.
#include <doctest/doctest.h>

#include <limits>

#include "kindling/ops.h"

using namespace kindling;

static Tensor leaf(const NestedList& values) { return tensor(values, float64).requires_grad_(); }

TEST_CASE("the logistic neuron of the hour") {
  const Tensor y = tensor({1.}), x1 = tensor({1.1});
  Tensor w1 = tensor({2.2}).requires_grad_(), b = tensor({0.}).requires_grad_();
  const Tensor a = sigmoid(x1 * w1 + b);
  const Tensor loss = -mean(y * log(a) + (1 - y) * log(1 - a));
  CHECK(loss.item() == doctest::Approx(0.0852).epsilon(0.001));
  CHECK(grad(loss, w1, true).item() == doctest::Approx(-0.0898).epsilon(0.001));
  CHECK(grad(loss, b, true).item() == doctest::Approx(-0.0817).epsilon(0.001));
  CHECK_FALSE(w1.grad().defined());
  loss.backward();
  CHECK(w1.grad().item() == doctest::Approx(-0.0898).epsilon(0.001));
  CHECK(b.grad().item() == doctest::Approx(-0.0817).epsilon(0.001));
}

TEST_CASE("a tensor used several times receives the sum") {
  Tensor x = leaf({3});
  const Tensor y = x * x + x * 2 + x;  // dy/dx = 2x + 3
  y.backward(ones_like(y));
  CHECK(x.grad().item() == 9);

  Tensor u = leaf({2});
  const Tensor v = u * u;      // used twice below, at different depths
  const Tensor w = v * v + v;  // w = u⁴ + u²
  w.backward(ones_like(w));
  CHECK(u.grad().item() == 4 * 8 + 2 * 2);
}

TEST_CASE("gradients accumulate until they are cleared") {
  Tensor x = leaf({1, 2});
  sum(x * x).backward();
  sum(x * 3).backward();
  CHECK(x.grad().to_vector<double>() == std::vector<double>{5, 7});
  x.set_grad({});
  sum(x).backward();
  CHECK(x.grad().to_vector<double>() == std::vector<double>{1, 1});
}

TEST_CASE("two leaves never share one gradient") {
  Tensor a = leaf({1, 2}), b = leaf({3, 4});
  sum(a + b).backward();  // addition hands the same tensor to both
  a.grad().mul_(10);
  CHECK(b.grad().to_vector<double>() == std::vector<double>{1, 1});
  const Tensor start = ones({2}, float64);
  Tensor c = leaf({1, 2});
  c.backward(start);
  c.grad().mul_(5);
  CHECK(start.to_vector<double>() == std::vector<double>{1, 1});
}

TEST_CASE("undoing a broadcast") {
  Tensor x = leaf({{1, 2, 3}, {4, 5, 6}}), row = leaf({1, 2, 3}), column = leaf({{1}, {2}}),
         one = tensor(2., float64).requires_grad_();
  sum(x * row * column * one).backward();
  CHECK(row.grad().to_vector<double>() == std::vector<double>{18, 24, 30});
  CHECK(column.grad().shape() == Shape{2, 1});
  CHECK(column.grad().to_vector<double>() == std::vector<double>{28, 64});
  CHECK(one.grad().shape() == Shape{});
  CHECK(one.grad().item() == 14 + 2 * 32);
  CHECK(sum_to(ones({4, 2, 3}), {2, 1}).to_vector<float>() == std::vector<float>{12, 12});
  CHECK(sum_to(ones({2, 3}), {2, 3}).to_vector<float>() == std::vector<float>(6, 1));
  CHECK(sum_to(ones({2, 3}), {}).item() == 6);
  CHECK(sum_to(ones({0, 3}), {3}).to_vector<float>() == std::vector<float>{0, 0, 0});
}

TEST_CASE("a gradient has its input's dtype, whatever the operation computed in") {
  Tensor single = tensor({1., 2.}).requires_grad_();
  const Tensor wide = tensor({3., 4.}, float64);
  sum(single * wide).backward();
  CHECK(single.grad().dtype() == float32);
  CHECK(single.grad().to_vector<float>() == std::vector<float>{3, 4});
}

TEST_CASE("a graph is freed when it has been used") {
  Tensor x = leaf({2});
  const Tensor y = sum(x * x);
  y.backward(true);
  y.backward();
  CHECK(x.grad().item() == 8);
  const double before = x.grad().item();
  CHECK_THROWS_WITH_AS(
      y.backward(),
      "SumBackward0: Trying to backward through the graph a second time, but its saved tensors "
      "have already been "
      "freed. Specify retain_graph = true if you need to go through the graph a second time",
      Error);
  CHECK(x.grad().item() == before);
}

TEST_CASE("changing what backward needs is noticed") {
  Tensor x = leaf({1, 2});
  Tensor y = exp(x);  // its gradient needs y
  {
    NoGrad guard;
    y.add_(1);
  }
  CHECK_THROWS_WITH_AS(sum(y).backward(),
                       "one of the variables needed for gradient computation has been modified by "
                       "an inplace operation: [float64 [2]] "
                       "is at version 1; expected version 0 instead",
                       Error);
  CHECK_FALSE(x.grad().defined());

  Tensor z = x + 1;  // addition needs nothing
  {
    NoGrad guard;
    z.add_(1);
    x.detach().view({2, 1})[0].fill_(7);  // through a view of a view
  }
  sum(z).backward();
  CHECK(x.grad().to_vector<double>() == std::vector<double>{1, 1});
  Tensor product = x * x;
  {
    NoGrad guard;
    x.T().mul_(2);
  }
  CHECK_THROWS_AS(sum(product).backward(), Error);
}

TEST_CASE("what only an unwanted gradient needs may be changed in place") {
  for (const bool batched : {false, true}) {
    const Tensor a = batched ? ones({2, 3, 4}) : ones({3, 4});
    for (const bool transposed : {false, true}) {
      Tensor w = (batched ? ones({2, 4, 5}) : ones({4, 5})).clone();
      if (transposed) w = w.transpose(-2, -1).contiguous().transpose(-2, -1);
      w.requires_grad_();
      const Tensor loss = sum(matmul(a, w));
      {
        NoGrad guard;
        w.mul_(2);  // dW = Aᵀ dC needs A only
      }
      loss.backward();
      CHECK(equal(w.grad(), full(w.shape(), 3.0)));
    }
  }
}

TEST_CASE("changes in place that would be lost are refused") {
  Tensor x = leaf({1, 2});
  CHECK_THROWS_WITH_AS(x.add_(1),
                       "add_: a leaf that requires grad is being used in an in-place operation; "
                       "change it under a NoGrad guard, as "
                       "optimisers do",
                       Error);
  CHECK_THROWS_AS(x[0].zero_(), Error);
  CHECK_THROWS_AS((x * 2).mul_(2), Error);
  CHECK_THROWS_AS(zeros({2}, float64).add_(x), Error);
  CHECK(x.to_vector<double>() == std::vector<double>{1, 2});
  NoGrad guard;
  x.add_(1);
  CHECK(x.to_vector<double>() == std::vector<double>{2, 3});
}

TEST_CASE("NoGrad and detach leave the graph") {
  Tensor x = leaf({1, 2});
  {
    NoGrad guard;
    CHECK_FALSE((x * x).requires_grad());
    { NoGrad nested; }
    CHECK_FALSE(grad_enabled());
  }
  CHECK(grad_enabled());
  CHECK((x * x).requires_grad());
  const Tensor y = (x * 2).detach();
  CHECK_FALSE(y.requires_grad());
  CHECK(y.is_leaf());
  sum(x * y).backward();
  CHECK(x.grad().to_vector<double>() == std::vector<double>{2, 4});
  CHECK(x.detach().storage() == x.storage());
}

TEST_CASE("grad() leaves every .grad alone") {
  Tensor x = leaf({1, 2}), y = leaf({3, 4}), unused = leaf({5});
  const Tensor inner = x * y;
  const Tensor out = sum(inner * inner);
  const Tensors found = grad(out, {x, inner}, true);
  CHECK(found[0].to_vector<double>() == std::vector<double>{2 * 9, 2 * 2 * 16});
  CHECK(found[1].to_vector<double>() == std::vector<double>{6, 16});
  CHECK_FALSE(x.grad().defined());
  CHECK_FALSE(y.grad().defined());
  CHECK_THROWS_AS(grad(out, unused, true), Error);
  CHECK_THROWS_AS(grad(out, tensor({1.}), true), Error);
  CHECK(grad(inner, {x}, false, tensor({1., 0.}, float64))[0].to_vector<double>() ==
        std::vector<double>{3, 0});
}

TEST_CASE("what backward() asks for") {
  Tensor x = leaf({1, 2});
  CHECK_THROWS_WITH_AS(
      (x * 2).backward(),
      "backward: grad can be implicitly created only for scalar outputs, got shape [2]", Error);
  CHECK_THROWS_WITH_AS(tensor({1.}).backward(),
                       "backward: this tensor does not require grad and does not have a grad_fn",
                       Error);
  CHECK_THROWS_AS((x * 2).backward(ones({3}, float64)), Error);
  CHECK_THROWS_AS((x * 2).backward(ones({2}, float32)), Error);
  CHECK_THROWS_AS(tensor({1, 2}).requires_grad_(), Error);
  Tensor y = x * 2;
  CHECK_THROWS_AS(y.requires_grad_(false), Error);
  CHECK_THROWS_AS(x.set_grad(ones({3}, float64)), Error);
  CHECK_THROWS_AS(x.set_grad(ones({2})), Error);
  Tensor plain = tensor({1.});
  CHECK_THROWS_AS(plain.retain_grad(), Error);
  CHECK_THROWS_AS(plain.register_hook([](const Tensor& g) { return g; }), Error);
}

TEST_CASE("hooks see the complete gradient, once, and may replace it") {
  Tensor x = leaf({3});
  Tensor y = x * 2;
  int calls = 0;
  auto remove = y.register_hook([&](const Tensor& g) {
    ++calls;
    CHECK(g.item() == 5);  // 3 + 2, from both uses
    return g * 10;
  });
  const auto run = [&] { sum(y * 3 + y * 2).backward(true); };
  run();
  CHECK(calls == 1);
  CHECK(x.grad().item() == 100);
  remove();
  remove();  // once is enough, twice is harmless
  x.set_grad({});
  run();
  CHECK(calls == 1);
  CHECK(x.grad().item() == 10);
}

TEST_CASE("the exponent of a power may be of any dtype, and of any size") {
  Tensor x = tensor({2., 3.}).requires_grad_();
  sum(pow(x, tensor({true, false}))).backward();
  CHECK(equal(x.grad(), tensor({1., 0.})));
  x.set_grad({});
  sum(pow(x, tensor({2, 3}))).backward();
  CHECK(equal(x.grad(), tensor({4., 27.})));
  x.set_grad({});
  sum(pow(x * 0.1, 1e30)).backward();
  CHECK(equal(x.grad(), tensor({0., 0.})));
}

TEST_CASE("what a hook returns has to fit, and handles may go while it runs") {
  Tensor x = tensor({1., 2.}).requires_grad_();
  auto remove = x.register_hook([](const Tensor&) { return ones({5}); });
  CHECK_THROWS_WITH(sum(x * 2).backward(),
                    "a hook has changed the shape of a gradient: expected [2], got [5]");
  const auto again = remove;
  remove();
  again();  // copies are the same handle
  remove = x.register_hook([](const Tensor&) { return ones({2}, int64); });
  CHECK_THROWS_AS(sum(x * 2).backward(), Error);
  remove();
  Tensor y = sum(x * x);
  y.register_hook([&](const Tensor&) {
    y = Tensor();
    return Tensor();
  });
  y.backward();
  CHECK(equal(x.grad(), x.detach() * 2));
  CHECK(!y.defined());
}

TEST_CASE("a hook may take itself off, and the others run") {
  Tensor x = leaf({1});
  Tensor y = x * 2;
  std::string calls;
  RemoveHook remove_own, remove_leaf;
  remove_own = y.register_hook([&](const Tensor&) {
    calls += "a";
    remove_own();
    return Tensor();
  });
  y.register_hook([&](const Tensor&) {
    calls += "b";
    return Tensor();
  });
  remove_leaf = x.register_post_accumulate_grad_hook([&](Tensor&) {
    calls += "c";
    remove_leaf();
  });
  x.register_post_accumulate_grad_hook([&](Tensor&) { calls += "d"; });
  for (int i = 0; i < 2; ++i) sum(y * 3).backward(true);
  CHECK(calls == "abcdbd");
}

TEST_CASE("a leaf's hook runs as soon as its gradient is complete, before the walk goes on") {
  Tensor first = leaf({1}), second = leaf({1}), third = leaf({1});
  std::string order;
  first.register_post_accumulate_grad_hook([&](Tensor& t) {
    order += "1";
    CHECK(t.grad().defined());
  });
  second.register_post_accumulate_grad_hook([&](Tensor&) { order += "2"; });
  third.register_post_accumulate_grad_hook([&](Tensor&) { order += "3"; });
  sum(exp(exp(exp(first * 1) * second) * third)).backward();
  CHECK(order == "321");
}

TEST_CASE("retain_grad keeps a gradient on the way") {
  Tensor x = leaf({3});
  Tensor y = x * 2, z = y * y;
  y.retain_grad();
  sum(z).backward();
  CHECK(y.grad().item() == 12);
  CHECK_FALSE(z.grad().defined());
}

TEST_CASE("a million operations go forward, backward and out of scope") {
  constexpr int n = 1'000'000;
  Tensor x = leaf({1});
  {
    Tensor y = x;
    for (int i = 0; i < n; ++i) y = y + 1e-6;
    y.backward(ones_like(y));
    CHECK(x.grad().item() == 1);
  }
  {
    Tensor y = x;
    for (int i = 0; i < n; ++i) y = y * 1.0;  // and never walked
  }
  {
    Tensor y = x;
    for (int i = 0; i < n / 10; ++i) y = y + y * 0.0;  // each joins two paths
  }
}

TEST_CASE("nothing keeps itself alive") {
  Tensor x = leaf({0.5});
  std::vector<std::weak_ptr<TensorImpl>> results;
  for (const auto& f :
       {+[](const Tensor& t) { return tanh(t); }, +[](const Tensor& t) { return exp(t); },
        +[](const Tensor& t) { return sqrt(t); }, +[](const Tensor& t) { return sigmoid(t); },
        +[](const Tensor& t) { return softmax(t, 0); }, +[](const Tensor& t) { return 1 / t; },
        +[](const Tensor& t) { return pow(2, t); }, +[](const Tensor& t) { return logsumexp(t); },
        +[](const Tensor& t) { return max(t); }}) {
    const Tensor y = f(x);
    results.push_back(y.shared_impl());
  }
  for (const auto& result : results) CHECK(result.expired());
}

TEST_CASE("elements that backward does not need are given back at once") {
  Tensor x = leaf({1, 2, 3});
  std::weak_ptr<TensorImpl> middle;
  Tensor y;
  {
    const Tensor m = x + 1;
    middle = m.shared_impl();
    y = m + 2;
  }
  CHECK(middle.expired());
  sum(y).backward();
  CHECK(x.grad().to_vector<double>() == std::vector<double>{1, 1, 1});
}

TEST_CASE("set_data moves a parameter under its handles") {
  Tensor x = leaf({1, 2});
  const Tensor handle = x;
  x.set_data(tensor({5., 6.}));
  CHECK(handle.dtype() == float32);
  CHECK(handle.to_vector<float>() == std::vector<float>{5, 6});
  CHECK(handle.requires_grad());
  sum(x * 2).backward();
  CHECK(handle.grad().dtype() == float32);
}

TEST_CASE("what a hook asks for is done after backward, when every gradient is in its place") {
  Tensor a = tensor({1., 2.}).requires_grad_(), b = tensor({3., 4.}).requires_grad_();
  std::vector<std::string> events;
  for (Tensor* leaf : {&a, &b})
    leaf->register_post_accumulate_grad_hook([&](Tensor&) {
      events.push_back("gradient");
      call_after_backward(
          [&] { events.push_back(a.grad().defined() && b.grad().defined() ? "all" : "some"); });
    });
  for (int step = 0; step < 2; ++step) {
    events.clear();
    sum(a * b).backward();
    CHECK(events == std::vector<std::string>{"gradient", "gradient", "all", "all"});
  }
  Tensor c = tensor({1.}).requires_grad_();
  std::string calls;
  c.register_post_accumulate_grad_hook([&](Tensor&) {
    call_after_backward([&] {
      calls += "1";
      for (int i = 0; i < 3; ++i) call_after_backward([&] { calls += "2"; });
    });
  });
  sum(c).backward();
  CHECK(calls == "1222");
  CHECK_THROWS_WITH(
      call_after_backward([] {}),
      "call_after_backward: expected to be called by a hook, but no backward() is running");
}
