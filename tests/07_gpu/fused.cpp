/// Fused operations: each has its kernel here, and gives what it is composed of elsewhere.
#include "kindling/fused.h"

#include <doctest/doctest.h>

#include "fused/cross_entropy.h"
#include "fused/layer_norm.h"
#include "fused/optimizer_steps.h"
#include "fused/softmax.h"
#include "fused/sort.h"
#include "kindling/check.h"
#include "kindling/nn.h"
#include "kindling/ops.h"
#include "kindling/optim.h"
#include "testing/oracle.h"

using namespace kindling;
using namespace kindling::testing;

namespace {

/// What f gives without fused operations.
Tensors composed(const std::function<Tensors()>& f) {
  use_fused_operations = false;
  const std::shared_ptr<void> again(nullptr, [](void*) { use_fused_operations = true; });
  return f();
}

bool is_there(const auto& operation, Device device) { return operation.on(device) != nullptr; }

void same_both_ways(const std::string& what, const std::function<Tensors()>& f) {
  const Tensors fused = f(), expected = composed(f);
  REQUIRE(fused.size() == expected.size());
  for (std::size_t i = 0; i < fused.size(); ++i)
    check_close(what + ", " + std::to_string(i), fused[i].detach().to(cpu),
                expected[i].detach().to(cpu), {1e-9, 1e-9});
}

}  // namespace

TEST_CASE("a device has the kernels that its files provide, in every program") {
  if (!cuda::is_available()) return;
  CHECK(is_there(softmax_rows, cuda_device));
  CHECK(is_there(softmax_rows_backward, cuda_device));
  CHECK(is_there(layer_norm_rows, cuda_device));
  CHECK(is_there(layer_norm_rows_backward, cuda_device));
  CHECK(is_there(cross_entropy_rows, cuda_device));
  CHECK(is_there(cross_entropy_rows_backward, cuda_device));
  CHECK(is_there(sgd_steps, cuda_device));
  CHECK(is_there(adam_steps, cuda_device));
  CHECK(is_there(sort_rows, cuda_device));
  CHECK(is_there(layer_norm_rows, cpu));
  CHECK_FALSE(is_there(softmax_rows, cpu));  // a caller composes it
  use_fused_operations = false;
  const bool is_off = !softmax_rows.on(cuda_device) && !layer_norm_rows.on(cpu);
  use_fused_operations = true;
  CHECK(is_off);
}

TEST_CASE("a kernel is run where a device provides one, and nowhere else") {
  static int runs = 0;
  FusedOperation<void(const Tensor&)> counted;
  CHECK_FALSE(is_there(counted, cpu));
  CHECK(counted.provide(Device::Type::cpu, [](const Tensor&) { ++runs; }));
  CHECK_FALSE(is_there(counted, cuda_device));
  counted.on(cpu)(Tensor());
  CHECK(runs == 1);
}

TEST_CASE("fused operations give what they are composed of") {
  if (!cuda::is_available()) return;
  for (const auto& [rows, n] : {std::pair{0, 4}, {1, 1}, {5, 33}, {3, 1100}}) {
    CAPTURE(rows);
    CAPTURE(n);
    manual_seed(5);
    const Tensor values = randn({rows, n}, float64).to(cuda_device);
    const Tensor weight = randn({n}, float64).to(cuda_device);
    const Tensor cotangent = randn({rows, n}, float64).to(cuda_device);
    const Tensor labels = (remainder(arange(rows), n)).to(cuda_device);
    const auto with_gradients = [&](const std::function<Tensor(const Tensors&)>& f) {
      return [&, f] {
        Tensors in{values.clone().requires_grad_(), weight.clone().requires_grad_()};
        const Tensor out = f(in);
        out.backward(out.dim() == 2 ? cotangent : ones_like(out));
        return Tensors{out, in[0].grad(), in[1].grad().defined() ? in[1].grad() : weight};
      };
    };
    same_both_ways("softmax", with_gradients([](const Tensors& x) { return softmax(x[0], 1); }));
    same_both_ways("log_softmax",
                   with_gradients([](const Tensors& x) { return log_softmax(x[0], -1); }));
    same_both_ways("layer_norm", with_gradients([n = n](const Tensors& x) {
                     return layer_norm(x[0], {n}, x[1], Tensor());
                   }));
    for (const auto reduction : {nn::Reduction::none, nn::Reduction::sum})
      same_both_ways("cross_entropy", with_gradients([&](const Tensors& x) {
                       return nn::cross_entropy(x[0], labels, {.reduction = reduction});
                     }));
    same_both_ways("sort", [&] {
      const auto [sorted, indices] = sort(values, 1, true);
      return Tensors{sorted, indices};
    });
    const auto stepped = [&](auto make) {
      return [&, make] {
        Tensors parameters{values.clone().requires_grad_(), weight.clone().requires_grad_()};
        auto optimizer = make(parameters);
        for (int step = 0; step < 3; ++step) {
          parameters[0].set_grad(cotangent);
          parameters[1].set_grad(weight * 0.5);
          optimizer.step();
        }
        return parameters;
      };
    };
    same_both_ways("SGD", stepped([](const Tensors& p) {
                     return optim::SGD(p, {.lr = 0.1, .momentum = 0.9, .weight_decay = 0.01});
                   }));
    same_both_ways("Adam", stepped([](const Tensors& p) {
                     return optim::Adam(p, {.lr = 0.1, .weight_decay = 0.01});
                   }));
  }
}
