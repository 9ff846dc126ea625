#pragma once
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "kindling/serialize.h"

namespace kindling {

/// All that loading changes in the parts of a run, as it is now. To put it back takes no memory and
/// cannot fail, whatever has happened in between.
class RunSnapshot {
 public:
  explicit RunSnapshot(const Checkpoint& run);
  /// Once.
  void put_back() noexcept;

 private:
  struct OptimizerPart {
    optim::Optimizer* optimizer;
    std::vector<optim::Optimizer::State> states;  // loading puts others in their place
    double lr;
    std::optional<double> initial_lr;
    bool lr_is_of_a_schedule;
  };
  struct SchedulerPart {
    optim::lr_scheduler::LRScheduler* scheduler;
    std::int64_t last_epoch;
    double base_lr;
    bool awaits_state;
  };
  struct LoaderPart {
    data::DataLoader* loader;
    std::weak_ptr<data::DataLoader::Epoch> current;
    data::DataLoaderState next;
  };
  void take(optim::Optimizer* optimizer);

  std::vector<std::pair<Tensor, Tensor>> tensors_;  // the model's own, and their copies
  std::vector<OptimizerPart> optimizers_;           // the run's, and the scheduler's
  std::optional<SchedulerPart> scheduler_;
  std::optional<LoaderPart> loader_;
  std::vector<std::pair<Generator*, Generator>> generators_;
};

/// All generators that a run draws from, by name: "generator.default", "generator.0".
std::vector<std::pair<std::string, Generator*>> generators_of(const Checkpoint& run);

}  // namespace kindling
