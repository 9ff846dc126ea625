/// One training run, stopped after step 25 of 60 and resumed with less than it needs: where the
/// losses leave those of a run that was never stopped. `06_saving/resume curves` prints the losses.
#include <fmt/format.h>

#include <cmath>
#include <functional>

#include "kindling/loss.h"
#include "kindling/nn.h"
#include "kindling/ops.h"
#include "kindling/optim.h"
#include "kindling/serialize.h"

using namespace kindling;

constexpr int stop = 25, steps = 60, steps_per_epoch = 10;

static data::TensorDataset some_digits() {
  const data::TensorDataset all = data::digits();
  return data::TensorDataset(all.data().slice(0, 0, 330),
                             all.targets().slice(0, 0, 330));  // [330, 64], [330]
}

/// What is given back to a run. A part that is missing begins anew.
struct Parts {
  bool model = true, optimizer = true, scheduler = true, generator = true, loader = true;
};

struct Run {
  nn::Sequential model;
  std::unique_ptr<optim::Adam> optimizer;
  std::unique_ptr<optim::lr_scheduler::CosineAnnealingLR> scheduler;
  data::DataLoader loader{some_digits(), {.batch_size = 33, .shuffle = true}};
  data::DataLoaderState place;  // of the loader, after the last step

  explicit Run(std::uint64_t seed) {
    manual_seed(seed);
    model.append<nn::Linear>(64, 32).append<nn::ReLU>().append<nn::Dropout>(0.2).append<nn::Linear>(
        32, 10);
    optimizer = std::make_unique<optim::Adam>(model.parameters(), optim::AdamOptions{.lr = 0.01});
    scheduler = std::make_unique<optim::lr_scheduler::CosineAnnealingLR>(*optimizer, 6);
  }

  /// Trains for `count` steps. \return the loss of each
  std::vector<float> train(int count) {
    std::vector<float> losses;
    while (true) {
      for (const auto& [x, y] : loader) {  // [33, 64], [33]
        const Tensor loss = nn::cross_entropy(model(x), y);
        optimizer->zero_grad();
        loss.backward();
        optimizer->step();
        losses.push_back(static_cast<float>(loss.item()));
        place = loader.state();
        if (std::ssize(losses) == count) return losses;
      }
      scheduler->step();
    }
  }
};

/// What becomes of a run that is stopped and resumed, by another process in real life, with these
/// parts alone. \return the losses from the first step after the stop
static std::vector<float> resumed_with(const Parts& parts) {
  Run first(7);
  first.train(stop);
  const std::string generator = default_generator().state();

  Run second(99);
  if (parts.model) second.model.load_state_dict(first.model.state_dict());
  if (parts.optimizer) second.optimizer->load_named_state(first.optimizer->named_state());
  if (parts.scheduler) second.scheduler->load_named_state(first.scheduler->named_state());
  if (parts.loader) second.loader.set_state(first.place);
  if (parts.generator) default_generator().set_state(generator);
  return second.train(steps - stop);
}

/// The first step whose loss is another one, in any bit.
static std::string first_difference(const std::vector<float>& whole, const Parts& parts) {
  const std::vector<float> resumed = resumed_with(parts);
  for (std::size_t i = 0; i < resumed.size(); ++i)
    if (resumed[i] != whole[stop + i]) return fmt::format("step {}", stop + i + 1);
  return "never";
}

int main(int argc, char**) {
  const std::vector<float> whole = Run(7).train(steps);
  if (argc > 1) {
    const std::vector<std::vector<float>> curves = {
        resumed_with({true, false, false, false, false}),
        resumed_with({true, true, true, false, false}),
        resumed_with({true, true, true, true, false}), resumed_with({})};
    fmt::print("#step  whole   weights  Adam    draws   all\n");
    for (int step = 1; step <= steps; ++step) {
      fmt::print("{:<6} {:.4f} ", step, whole[step - 1]);
      for (const auto& curve : curves)
        fmt::print(" {}", step > stop ? fmt::format("{:.4f} ", curve[step - stop - 1]) : "NaN    ");
      fmt::print("\n");
    }
    return 0;
  }
  fmt::print("stopped after step {} of {}; the scheduler steps after each {}\n", stop, steps,
             steps_per_epoch);
  fmt::print("resumed without     the losses differ from\n");
  fmt::print("  the weights       {}\n", first_difference(whole, {.model = false}));
  fmt::print("  Adam's state      {}\n", first_difference(whole, {.optimizer = false}));
  fmt::print("  the scheduler's   {}\n", first_difference(whole, {.scheduler = false}));
  fmt::print("  the generator's   {}\n", first_difference(whole, {.generator = false}));
  fmt::print("  the loader's      {}\n", first_difference(whole, {.loader = false}));
  fmt::print("resumed with all    {}\n", first_difference(whole, {}));
}
