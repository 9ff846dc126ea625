/// Several threads that call backward() at once: nothing is lost, and ThreadSanitizer is content.
#include <doctest/doctest.h>

#include <atomic>
#include <barrier>
#include <cmath>
#include <functional>
#include <thread>

#include "kindling/ops.h"

using namespace kindling;

/// Calls work(thread) in so many threads, which begin together. An exception fails the test.
static void in_threads(int count, const std::function<void(int)>& work) {
  std::barrier begin(count);
  std::atomic<int> failed = 0;
  std::vector<std::thread> threads;
  for (int thread = 0; thread < count; ++thread)
    threads.emplace_back([&, thread] {
      begin.arrive_and_wait();
      try {
        work(thread);
      } catch (...) {
        ++failed;
      }
    });
  for (std::thread& thread : threads) thread.join();
  CHECK(failed == 0);
}

constexpr int threads = 8;
constexpr int rounds = 250;
constexpr int calls = threads * rounds;

TEST_CASE("backward() in several threads: one leaf gets every gradient") {
  Tensor x = tensor({1., 2., 3.}).requires_grad_();
  in_threads(threads, [&](int) {
    for (int round = 0; round < rounds; ++round) sum(x * 2).backward();
  });
  CHECK(x.grad().to_vector<float>() == std::vector<float>(3, 2 * calls));
}

TEST_CASE("backward() in several threads: a leaf that is the root itself, and two leaves") {
  Tensor x = tensor(1.).requires_grad_(), y = tensor(2.).requires_grad_();
  in_threads(threads, [&](int thread) {
    for (int round = 0; round < rounds; ++round) {
      x.backward();
      (thread % 2 ? x * y : y * x).backward();
    }
  });
  CHECK(x.grad().item() == calls + 2 * calls);
  CHECK(y.grad().item() == calls);
}

TEST_CASE("backward() in several threads: a graph that all share, kept, with retained gradients") {
  Tensor x = tensor({1., 2.}).requires_grad_();
  Tensor middle = x * 3;
  middle.retain_grad();
  const Tensor y = sum(middle * middle);
  in_threads(threads, [&](int) {
    for (int round = 0; round < rounds; ++round) y.backward(true);
  });
  CHECK(middle.grad().to_vector<float>() == std::vector<float>{6 * calls, 12 * calls});
  CHECK(x.grad().to_vector<float>() == std::vector<float>{18 * calls, 36 * calls});
}

TEST_CASE("backward() in several threads: whoever comes to a freed graph is told so") {
  for (int round = 0; round < 50; ++round) {
    Tensor x = tensor(1.).requires_grad_();
    const Tensor y = exp(x * 2) * 3;
    std::atomic<int> went_through = 0, told = 0;
    in_threads(threads, [&](int) {
      try {
        y.backward();
        ++went_through;
      } catch (const Error& error) {
        told += std::string(error.what()).find("a second time") != std::string::npos;
      }
    });
    CHECK(went_through + told == threads);
    CHECK(went_through >= 1);
    CHECK(x.grad().item() == doctest::Approx(went_through * 6 * std::exp(2.)));
  }
}

TEST_CASE("backward() in several threads: hooks run once for each, and may take themselves off") {
  Tensor x = tensor({1., 2.}).requires_grad_();
  std::atomic<int> seen = 0, accumulated = 0, once = 0;
  x.register_hook([&](const Tensor& grad) {
    ++seen;
    return grad * 2;
  });
  RemoveHook remove;
  remove = x.register_hook([&](const Tensor&) {
    ++once;
    remove();
    return Tensor();
  });
  bool whole = true;  // no lock: hooks of one leaf take turns
  x.register_post_accumulate_grad_hook([&](Tensor& leaf) {
    const auto grad = leaf.grad().to_vector<float>();
    whole &= grad[0] == grad[1];
    ++accumulated;
  });
  in_threads(threads, [&](int) {
    for (int round = 0; round < rounds; ++round) sum(x).backward();
  });
  CHECK(seen == calls);
  CHECK(accumulated == calls);
  CHECK(once >= 1);
  CHECK(once <= threads);
  CHECK(whole);
  CHECK(x.grad().to_vector<float>() == std::vector<float>(2, 2 * calls));
}

TEST_CASE("backward() in several threads: gradients are taken away, and hooks come and go") {
  Tensor x = tensor(1.).requires_grad_();
  std::atomic<int> seen = 0;
  in_threads(threads, [&](int thread) {
    for (int round = 0; round < rounds; ++round) {
      if (thread == 0) {
        x.set_grad(Tensor());
      } else if (thread == 1) {
        const RemoveHook remove = x.register_hook([&](const Tensor&) {
          ++seen;
          return Tensor();
        });
        remove();
      } else {
        (x * 2).backward();
        const Tensor now = x.grad();
        static_cast<void>(now.defined());
      }
    }
  });
  x.set_grad(Tensor());
  (x * 2).backward();
  CHECK(x.grad().item() == 2);
}

TEST_CASE("backward() in several threads: grad() leaves everything as it was") {
  Tensor x = tensor(3.).requires_grad_();
  const Tensor shared = x * x;
  in_threads(threads, [&](int thread) {
    for (int round = 0; round < rounds; ++round) {
      const double got = grad(shared * thread, x, true).item();
      if (got != 6. * thread) throw Error("another gradient");
    }
  });
  CHECK_FALSE(x.grad().defined());
}

TEST_CASE("graphs that share a part go out of scope in several threads") {
  for (int round = 0; round < 20; ++round) {
    Tensor x = tensor(1.).requires_grad_();
    Tensor trunk = x;
    for (int i = 0; i < 200; ++i) trunk = trunk + 1;
    std::vector<Tensor> branches;
    for (int thread = 0; thread < threads; ++thread) branches.push_back(trunk * thread);
    std::weak_ptr<AutogradMeta> watched = trunk.shared_impl()->autograd;
    trunk = Tensor();
    in_threads(threads, [&](int thread) { branches[thread] = Tensor(); });
    CHECK(watched.expired());
  }
}

TEST_CASE("separate parts of one memory may change in several threads, and each change counts") {
  const Tensor x = zeros({threads, 4});
  const auto before = x.storage().version();
  in_threads(threads, [&](int thread) {
    Tensor own = x[thread];
    for (int round = 0; round < rounds; ++round) own.add_(thread);
  });
  CHECK(x.storage().version() == before + calls);
  for (int thread = 0; thread < threads; ++thread) CHECK(x[thread][0].item() == thread * rounds);
}
