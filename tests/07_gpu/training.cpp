/// What the chapters built, on cuda: layers, losses, optimisers, loaders, files.
#include <doctest/doctest.h>
#include <unistd.h>

#include <filesystem>

#include "kindling/cuda.h"
#include "kindling/data.h"
#include "kindling/init.h"
#include "kindling/loss.h"
#include "kindling/nn.h"
#include "kindling/ops.h"
#include "kindling/optim.h"
#include "kindling/serialize.h"
#include "kindling/train.h"
#include "testing/oracle.h"

using namespace kindling;
using namespace kindling::testing;

namespace {

std::unique_ptr<nn::Sequential> network(std::int64_t inputs, std::int64_t hidden,
                                        std::int64_t outputs) {
  auto model = std::make_unique<nn::Sequential>();
  model->append<nn::Linear>(inputs, hidden)
      .append<nn::ReLU>()
      .append<nn::Linear>(hidden, hidden)
      .append<nn::Tanh>()
      .append<nn::Linear>(hidden, outputs);
  return model;
}

using MakeOptimizer = std::function<std::unique_ptr<optim::Optimizer>(Tensors)>;

/// The parameters after a few steps on a device. It moves to `last` when half of them are done, and
/// a checkpoint that is saved then is its own.
StateDict trained(Device device, const MakeOptimizer& make, Device last, int steps = 4) {
  manual_seed(1);
  const auto model = network(6, 20, 3);
  const Tensor x = randn({15, 6}), labels = randint(0, 3, {15});
  model->to(device);
  const auto optimizer = make(model->parameters());
  for (int step = 0; step < steps; ++step) {
    if (step == steps / 2 && device != last) {
      model->to(last);
      device = last;
      for (const auto& [name, tensor] : optimizer->named_state())
        if (tensor.dim() > 0) CHECK(tensor.device() == last);
      optimizer->load_named_state(optimizer->named_state());
    }
    const Tensor loss = nn::cross_entropy((*model)(x.to(device)), labels.to(device));
    optimizer->zero_grad();
    loss.backward();
    optimizer->step();
  }
  return model->state_dict();
}

template <class Optimizer, class Options>
MakeOptimizer maker(const Options& options) {
  return [options](Tensors parameters) {
    return std::make_unique<Optimizer>(std::move(parameters), options);
  };
}

}  // namespace

TEST_CASE("every optimiser goes where it goes on the CPU, wherever its model moves") {
  if (!cuda::is_available()) return;
  const std::vector<std::pair<std::string, MakeOptimizer>> optimizers{
      {"SGD", maker<optim::SGD>(optim::SGDOptions{.lr = 0.3})},
      {"SGD with momentum", maker<optim::SGD>(optim::SGDOptions{.lr = 0.1, .momentum = 0.9})},
      {"SGD with all but Nesterov",
       maker<optim::SGD>(
           optim::SGDOptions{.lr = 0.1, .momentum = 0.9, .dampening = 0.3, .weight_decay = 0.1})},
      {"SGD with Nesterov",
       maker<optim::SGD>(
           optim::SGDOptions{.lr = 0.1, .momentum = 0.8, .weight_decay = 0.1, .nesterov = true})},
      {"Adam", maker<optim::Adam>(optim::AdamOptions{.lr = 0.01})},
      {"Adam with decay", maker<optim::Adam>(optim::AdamOptions{.lr = 0.01, .weight_decay = 0.1})},
      {"AdamW", maker<optim::AdamW>(optim::AdamWOptions{.lr = 0.01})}};
  for (const auto& [name, make] : optimizers) {
    const StateDict here = trained(cpu, make, cpu);
    for (const Device from : {cpu, cuda_device})
      for (const Device to : {cpu, cuda_device}) {
        const StateDict there = trained(from, make, to);
        for (std::size_t i = 0; i < here.size(); ++i) {
          CHECK(there[i].second.device() == to);
          check_close(name + ", " + here[i].first, there[i].second, here[i].second, {1e-4, 1e-5});
        }
      }
  }
}

TEST_CASE("more parameters than one launch can take") {
  if (!cuda::is_available()) return;
  Tensors here, there;
  for (int i = 0; i < 150; ++i) {
    here.push_back(full({i}, 1.0).requires_grad_());
    there.push_back(full({i}, 1.0).to(cuda_device).requires_grad_());
    if (i % 7 == 3) continue;  // without a gradient
    here.back().set_grad(full({i}, 0.5 * i));
    there.back().set_grad(full({i}, 0.5 * i).to(cuda_device));
  }
  optim::SGD first(here, {.lr = 0.1, .momentum = 0.9}), second(there, {.lr = 0.1, .momentum = 0.9});
  for (int step = 0; step < 3; ++step) {
    first.step();
    second.step();
  }
  for (std::size_t i = 0; i < here.size(); ++i)
    check_close(std::to_string(i), there[i].detach(), here[i].detach(), {1e-5, 1e-5});
}

TEST_CASE("an optimiser's state is saved and taken up again") {
  if (!cuda::is_available()) return;
  Tensor x = ones({5}, float32, cuda_device).requires_grad_();
  const auto step = [](Tensor& t, optim::Optimizer& optimizer) {
    optimizer.zero_grad();
    sum(t * t).backward();
    optimizer.step();
  };
  optim::Adam first({x}, {.lr = 0.1});
  step(x, first);
  Tensor y = x.detach().clone().requires_grad_();
  optim::Adam second({y});
  second.load_named_state(first.named_state());
  step(x, first);
  step(y, second);
  CHECK(equal(x.detach(), y.detach()));
}

TEST_CASE("a step changes what was saved for the way back, and that is noticed") {
  if (!cuda::is_available()) return;
  Tensor w = ones({3}, float32, cuda_device).requires_grad_();
  const Tensor loss = sum(w * w);
  optim::SGD optimizer({w}, {.lr = 0.1});
  w.set_grad(ones({3}, float32, cuda_device));
  optimizer.step();
  CHECK_THROWS_WITH_AS(loss.backward(), doctest::Contains("modified by an inplace"), Error);
}

TEST_CASE("gradcheck of functions that are computed on cuda") {
  if (!cuda::is_available()) return;
  manual_seed(3);
  const auto check = [](const std::string& what, auto f, const Tensors& inputs) {
    Tensors leaves;
    for (const Tensor& t : inputs) {
      leaves.push_back(t.detach().clone());
      if (t.is_floating_point()) leaves.back().requires_grad_();
    }
    const auto result = gradcheck(
        [&](const Tensors& in) {
          Tensors there;
          for (const Tensor& t : in) there.push_back(t.to(cuda_device));
          return f(there).to(cpu);
        },
        leaves);
    CHECK_MESSAGE(result.ok, what, ": ", result.message);
  };
  const auto matrix = [](std::int64_t m, std::int64_t n) { return randn({m, n}, float64); };
  check("softmax", [](const Tensors& x) { return softmax(x[0], 1) * x[1]; },
        {matrix(3, 4), matrix(3, 4)});
  check("log_softmax", [](const Tensors& x) { return log_softmax(x[0], -1) * x[1]; },
        {matrix(3, 4), matrix(3, 4)});
  check("softmax of columns", [](const Tensors& x) { return softmax(x[0], 0) * x[0]; },
        {matrix(3, 4)});
  for (const auto reduction : {nn::Reduction::none, nn::Reduction::mean, nn::Reduction::sum})
    check("cross_entropy",
          [reduction](const Tensors& x) {
            return nn::cross_entropy(x[0], x[1], {.reduction = reduction});
          },
          {matrix(3, 4), tensor({1, -100, 3})});
  check("cross_entropy of images", [](const Tensors& x) { return nn::cross_entropy(x[0], x[1]); },
        {randn({2, 3, 2, 2}, float64), randint(0, 3, {2, 2, 2})});
  check("a network",
        [](const Tensors& x) {
          return sum(tanh(addmm(x[2], x[0], x[1].T())) * sigmoid(x[0]).narrow(1, 0, 3));
        },
        {matrix(2, 4), matrix(3, 4), randn({3}, float64)});
  check("broadcast", [](const Tensors& x) { return x[0] * x[1] / (exp(x[2]) + 1); },
        {matrix(3, 4), matrix(3, 1), randn({4}, float64)});
  check("picks", [](const Tensors& x) { return index_select(x[0], 1, x[1]) * 2; },
        {matrix(3, 4), tensor({1, 1, 3})});
}

TEST_CASE("dropout and initialisation draw on the device, and the seed decides") {
  if (!cuda::is_available()) return;
  nn::Dropout dropout(0.25);
  const Tensor x = ones({100, 100}, float32, cuda_device);
  manual_seed(5);
  const Tensor first = dropout(x);
  manual_seed(5);
  CHECK(equal(dropout(x), first));
  CHECK_FALSE(equal(dropout(x), first));
  CHECK(std::abs(mean(first).item() - 1) < 0.03);
  Tensor weight = empty({50, 40}, float32, cuda_device);
  nn::init::kaiming_uniform_(weight);
  CHECK(max(abs(weight)).item() <= std::sqrt(6.0 / 40));
}

TEST_CASE("a run is the same again, to the last bit") {
  if (!cuda::is_available()) return;
  const auto make = maker<optim::SGD>(optim::SGDOptions{.lr = 0.3, .momentum = 0.9});
  const StateDict first = trained(cuda_device, make, cuda_device),
                  second = trained(cuda_device, make, cuda_device);
  for (std::size_t i = 0; i < first.size(); ++i) CHECK(equal(first[i].second, second[i].second));
}

TEST_CASE("a loader over tensors on cuda, and one whose batches are sent there") {
  if (!cuda::is_available()) return;
  const Tensor x = arange(10).to(float32).view({10, 1}), y = arange(10);
  const auto sum_of = [](const data::TensorDataset& dataset, int workers, bool pinned) {
    manual_seed(123);
    data::DataLoader loader(
        dataset, {.batch_size = 3, .shuffle = true, .num_workers = workers, .pin_memory = pinned});
    Tensor total = zeros({}, float32, cuda_device);
    std::int64_t seen = 0;
    for (const auto& [features, labels] : loader) {
      CHECK(features.is_pinned() == pinned);
      CHECK(labels.is_pinned() == pinned);
      const Tensor here = features.to(cuda_device, pinned), there = labels.to(cuda_device, pinned);
      total.add_(sum(here * there.unsqueeze(1)));
      seen += features.size(0);
    }
    CHECK(seen == 10);
    return total.item();
  };
  CHECK(sum_of(data::TensorDataset(x, y), 0, false) == 285);
  CHECK(sum_of(data::TensorDataset(x, y), 0, true) == 285);
  CHECK(sum_of(data::TensorDataset(x, y), 2, true) == 285);
  CHECK(sum_of(data::TensorDataset(x.to(cuda_device), y.to(cuda_device)), 0, false) == 285);
  CHECK(sum_of(data::TensorDataset(x.to(cuda_device), y.to(cuda_device)), 2, false) == 285);
}

TEST_CASE("a model is saved from one device and loaded on another") {
  if (!cuda::is_available()) return;
  const std::filesystem::path path = std::filesystem::temp_directory_path() /
                                     ("kindling-cuda-" + std::to_string(getpid()) + ".safetensors");
  manual_seed(9);
  const auto model = network(4, 8, 2), on_cpu = network(4, 8, 2), on_cuda = network(4, 8, 2);
  model->to(cuda_device);
  on_cuda->to(cuda_device);
  save_safetensors(path, model->state_dict());
  on_cpu->load_state_dict(load_safetensors(path));
  on_cuda->load_state_dict(load_safetensors(path));
  std::filesystem::remove(path);
  NoGrad guard;
  const Tensor x = randn({3, 4});
  CHECK(equal((*model)(x.to(cuda_device)), (*on_cuda)(x.to(cuda_device))));
  check_close("on the CPU", (*model)(x.to(cuda_device)), (*on_cpu)(x), {1e-5, 1e-6});
  CHECK(on_cuda->parameters()[0].device() == cuda_device);
}

TEST_CASE("losses, clipping and schedulers do not ask where they are") {
  if (!cuda::is_available()) return;
  manual_seed(12);
  const Tensor x = randn({4, 3}), t = rand({4, 3});
  const auto there = [](const Tensor& tensor) { return tensor.to(cuda_device); };
  const Tolerance near{1e-5, 1e-6};
  check_close("mse", nn::mse_loss(there(x), there(t)), nn::mse_loss(x, t), near);
  check_close("bce", nn::binary_cross_entropy(there(sigmoid(x)), there(t)),
              nn::binary_cross_entropy(sigmoid(x), t), near);
  check_close("bce with logits", nn::binary_cross_entropy_with_logits(there(x), there(t)),
              nn::binary_cross_entropy_with_logits(x, t), near);
  const Tensor labels = tensor({0, 2, -100, 1});
  check_close("nll", nn::nll_loss(there(log_softmax(x, 1)), there(labels)),
              nn::nll_loss(log_softmax(x, 1), labels), near);
  Tensor here = x.clone().requires_grad_(), moved = there(x).requires_grad_();
  here.set_grad(x * 3);
  moved.set_grad(there(x * 3));
  CHECK(nn::utils::clip_grad_norm_({moved}, 1) ==
        doctest::Approx(nn::utils::clip_grad_norm_({here}, 1)));
  check_close("clipped", moved.grad(), here.grad(), near);
}
