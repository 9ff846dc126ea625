#pragma once
#include <cmath>
#include <filesystem>
#include <limits>

#include "kindling/ddp.h"
#include "kindling/loss.h"
#include "kindling/nn.h"
#include "kindling/ops.h"
#include "kindling/optim.h"
#include "kindling/serialize.h"

/// A small training run that can be cut into any number of ranks that divides 12.
namespace kindling::testing {

struct Net : nn::Module {
  nn::Sequential& layers = add<nn::Sequential>("layers");
  Net() {
    layers.append<nn::Linear>(8, 16).append<nn::Tanh>().append<nn::Linear>(16, 16);
    layers.append<nn::Tanh>().append<nn::Linear>(16, 4);
  }
  Tensor forward(const Tensor& x) override { return layers(x); }
};

/// Trains on 12 examples a step, of which each rank has its part, from step `from` on, where
/// `checkpoint` goes on, to step `to`; rank 0 saves the run there.
inline StateDict train_in_parts(distributed::ProcessGroup& group, DType dtype, int to,
                                const std::filesystem::path& checkpoint = {}, int from = 0,
                                Device device = cpu) {
  manual_seed(3);
  const Tensor x = randn({12, 8}).to(dtype).to(device), y = randint(0, 4, {12}).to(device);
  manual_seed(5 + group.rank());  // DDP has to make the models equal
  Net net;
  net.to(dtype);
  net.to(device);
  if (group.rank() == 0) {
    manual_seed(5);
    Net first;
    net.load_state_dict(first.state_dict());
  }
  optim::SGD optimizer(net.parameters(), {.lr = 0.1, .momentum = 0.9});
  const Checkpoint run{.model = &net, .optimizer = &optimizer};
  if (from > 0) load_checkpoint(checkpoint, run);
  nn::DistributedDataParallel model(net, group, {.bucket_bytes = 512});
  const std::int64_t begin = 12 * group.rank() / group.world_size();
  const std::int64_t end = 12 * (group.rank() + 1) / group.world_size();
  for (int step = from; step < to; ++step) {
    const Tensor loss = nn::cross_entropy(model(x.slice(0, begin, end)), y.slice(0, begin, end));
    optimizer.zero_grad();
    loss.backward();
    optimizer.step();
  }
  if (group.rank() == 0 && !checkpoint.empty()) save_checkpoint(checkpoint, run);
  group.barrier();
  net.to(cpu);
  return net.state_dict();
}

/// The largest difference of two numbers of the same place, relative to the largest number of the
/// tensor; infinity, if there are others than numbers.
inline double relative_difference(const StateDict& a, const StateDict& b) {
  check(a.size() == b.size(), "relative_difference: ", a.size(), " tensors and ", b.size());
  double largest = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const auto p = a[i].second.to_vector<double>(), q = b[i].second.to_vector<double>();
    double difference = 0, size = 0;
    check(p.size() == q.size(), "relative_difference: ", p.size(), " numbers and ", q.size());
    for (std::size_t k = 0; k < p.size(); ++k) {
      if (!std::isfinite(p[k]) || !std::isfinite(q[k]))
        return std::numeric_limits<double>::infinity();
      difference = std::max(difference, std::abs(p[k] - q[k]));
      size = std::max(size, std::abs(q[k]));
    }
    largest = std::max(largest, difference / size);
  }
  return largest;
}

}  // namespace kindling::testing
