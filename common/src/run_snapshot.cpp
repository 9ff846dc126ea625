#include "run_snapshot.h"

#include <algorithm>

#include "kindling/autograd.h"
#include "overwrite.h"

namespace kindling {

std::vector<std::pair<std::string, Generator*>> generators_of(const Checkpoint& run) {
  std::vector<std::pair<std::string, Generator*>> found{
      {"generator.default", &default_generator()}};
  if (run.loader && run.loader->options().generator)
    found.emplace_back("generator.loader", run.loader->options().generator);
  for (std::size_t i = 0; i < run.generators.size(); ++i)
    found.emplace_back("generator." + std::to_string(i), run.generators[i]);
  return found;
}

void RunSnapshot::take(optim::Optimizer* optimizer) {
  if (std::ranges::find(optimizers_, optimizer, &OptimizerPart::optimizer) != optimizers_.end())
    return;
  optimizers_.push_back({optimizer, optimizer->states_, optimizer->lr_, optimizer->initial_lr_,
                         optimizer->lr_is_of_a_schedule_});
}

RunSnapshot::RunSnapshot(const Checkpoint& run) {
  NoGrad guard;
  if (run.model)
    for (const auto& [name, tensor] : run.model->state_dict())
      tensors_.emplace_back(tensor, tensor.clone());
  if (run.optimizer) take(run.optimizer);
  if (run.scheduler) {
    take(&run.scheduler->optimizer_);
    scheduler_ = {run.scheduler, run.scheduler->last_epoch_, run.scheduler->base_lr_,
                  run.scheduler->awaits_state_};
  }
  if (run.loader) loader_ = {run.loader, run.loader->current_, run.loader->next_};
  for (const auto& [name, generator] : generators_of(run))
    generators_.emplace_back(generator, *generator);
}

void RunSnapshot::put_back() noexcept {
  for (auto& [own, copy] : tensors_) try {
      overwrite(own, copy);
    } catch (const std::exception&) {
      // A device other than the CPU that cannot even copy any more: the run is lost with it.
    }
  for (OptimizerPart& part : optimizers_) {
    part.optimizer->states_.swap(part.states);
    part.optimizer->lr_ = part.lr;
    part.optimizer->initial_lr_ = part.initial_lr;
    part.optimizer->lr_is_of_a_schedule_ = part.lr_is_of_a_schedule;
  }
  if (scheduler_) {
    scheduler_->scheduler->last_epoch_ = scheduler_->last_epoch;
    scheduler_->scheduler->base_lr_ = scheduler_->base_lr;
    scheduler_->scheduler->awaits_state_ = scheduler_->awaits_state;
  }
  if (loader_) {
    loader_->loader->current_.swap(loader_->current);
    std::swap(loader_->loader->next_, loader_->next);
  }
  for (const auto& [generator, before] : generators_) *generator = before;
}

}  // namespace kindling
