#include <algorithm>
#include <cmath>
#include <numbers>
#include <typeinfo>

#include "class_name.h"
#include "error_text.h"
#include "kindling/optim.h"

/// Large steps first, small ones near the goal. Every next_lr() gives the rate of this epoch from
/// that of the one before.
namespace kindling::optim::lr_scheduler {

/// How far a schedule may have come: no run does, and nothing overflows from there.
static constexpr std::int64_t most_epochs = std::int64_t{1} << 53;

LRScheduler::LRScheduler(Optimizer& optimizer)
    : optimizer_(optimizer), awaits_state_(optimizer.lr_is_of_a_schedule_) {
  if (!optimizer.initial_lr_) optimizer.initial_lr_ = optimizer.lr();
  base_lr_ = *optimizer.initial_lr_;
}

void LRScheduler::start() {
  if (!awaits_state_) optimizer_.lr_ = next_lr(optimizer_.lr_);
}

void LRScheduler::step() {
  check(!awaits_state_, name(),
        ": the optimiser's state, which was loaded before the scheduler was ",
        "made, is from the middle of a schedule: load_named_state() of its scheduler, too, or, to ",
        "begin a new schedule, set_lr() before the scheduler is made");
  ++last_epoch_;
  optimizer_.lr_ = next_lr(optimizer_.lr_);
}

std::string LRScheduler::name() const { return class_name(typeid(*this)); }

NamedTensors LRScheduler::named_state() const {
  return {{"last_epoch", full({}, last_epoch_, int64)},
          {"base_lr", full({}, base_lr_, float64)},
          {"last_lr", full({}, optimizer_.lr_, float64)},
          {"class." + name(), full({}, true, bool_)}};
}

void LRScheduler::load_named_state(const NamedTensors& state) {
  std::optional<std::int64_t> epoch;
  std::optional<double> base, last;
  for (const auto& [key, tensor] : state) check_class_mark(name(), key);
  for (const auto& [key, tensor] : state) {
    if (is_class_mark(key)) continue;
    check(key == "last_epoch" || key == "base_lr" || key == "last_lr", name(),
          ": unexpected state ", in_quotes(key));
    check(tensor.defined() && tensor.numel() == 1, name(), ": expected state \"", key,
          "\" to be one number");
    if (key == "last_epoch") {
      check(tensor.dtype() == int64, name(), ": expected state \"last_epoch\" to be an int64, got ",
            tensor.dtype());
      epoch = tensor.item<std::int64_t>();
      check(0 <= *epoch && *epoch <= most_epochs, name(), ": expected state \"last_epoch\" to be ",
            "a number of epochs from 0 to 2^53, got ", *epoch);
    } else {
      const double rate = tensor.item();
      check(rate >= 0, name(), ": expected state \"", key, "\" to be a rate of 0 or more, got ",
            rate);
      (key == "base_lr" ? base : last) = rate;
    }
  }
  check(epoch && base, name(), ": expected \"last_epoch\" and \"base_lr\" in the state");
  // From here on, nothing can fail.
  last_epoch_ = *epoch;
  base_lr_ = *base;
  if (last) optimizer_.lr_ = *last;
  awaits_state_ = optimizer_.lr_is_of_a_schedule_ = false;
}

// StepLR ------------------------------------------------------------------------------------------

StepLR::StepLR(Optimizer& optimizer, std::int64_t step_size, double gamma)
    : LRScheduler(optimizer), step_size_(step_size), gamma_(gamma) {
  check(step_size > 0, "StepLR: step_size must be positive, got ", step_size);
  start();
}

double StepLR::next_lr(double lr) const {
  const bool drops = last_epoch() > 0 && last_epoch() % step_size_ == 0;
  return drops ? lr * gamma_ : lr;
}

// MultiStepLR -------------------------------------------------------------------------------------

MultiStepLR::MultiStepLR(Optimizer& optimizer, std::vector<std::int64_t> milestones, double gamma)
    : LRScheduler(optimizer), milestones_(std::move(milestones)), gamma_(gamma) {
  start();
}

double MultiStepLR::next_lr(double lr) const {
  const auto drops = std::ranges::count(milestones_, last_epoch());
  return drops > 0 ? lr * std::pow(gamma_, drops) : lr;
}

// ExponentialLR -----------------------------------------------------------------------------------

ExponentialLR::ExponentialLR(Optimizer& optimizer, double gamma)
    : LRScheduler(optimizer), gamma_(gamma) {
  start();
}

double ExponentialLR::next_lr(double lr) const { return last_epoch() == 0 ? lr : lr * gamma_; }

// CosineAnnealingLR -------------------------------------------------------------------------------

CosineAnnealingLR::CosineAnnealingLR(Optimizer& optimizer, std::int64_t t_max, double eta_min)
    : LRScheduler(optimizer), t_max_(t_max), eta_min_(eta_min) {
  check(t_max > 0, "CosineAnnealingLR: t_max must be positive, got ", t_max);
  start();
}

/// lr(t) = eta_min + (base − eta_min) (1 + cos(π t / t_max)) / 2, as a ratio of neighbours. Where
/// that would divide by zero, at the bottom, the curve rises by its first difference.
double CosineAnnealingLR::next_lr(double lr) const {
  if (last_epoch() == 0) return lr;
  const double step = std::numbers::pi / static_cast<double>(t_max_);
  const std::int64_t before = last_epoch() - 1;
  if (before % t_max_ == 0 && before / t_max_ % 2 == 1)
    return lr + (base_lr() - eta_min_) * (1 - std::cos(step)) / 2;
  const double t = static_cast<double>(last_epoch());
  return (1 + std::cos(step * t)) / (1 + std::cos(step * (t - 1))) * (lr - eta_min_) + eta_min_;
}

// LinearLR ----------------------------------------------------------------------------------------

LinearLR::LinearLR(Optimizer& optimizer, double start_factor, double end_factor,
                   std::int64_t total_iters)
    : LRScheduler(optimizer),
      start_factor_(start_factor),
      end_factor_(end_factor),
      total_iters_(total_iters) {
  check(0 < start_factor && start_factor <= 1,
        "LinearLR: start_factor must be greater than 0 and at most 1, got ", start_factor);
  check(0 <= end_factor && end_factor <= 1, "LinearLR: end_factor must be between 0 and 1, got ",
        end_factor);
  check(total_iters > 0, "LinearLR: total_iters must be positive, got ", total_iters);
  start();
}

double LinearLR::next_lr(double lr) const {
  if (last_epoch() == 0) return lr * start_factor_;
  if (last_epoch() > total_iters_) return lr;
  const double rise = end_factor_ - start_factor_;
  const double before = static_cast<double>(total_iters_) * start_factor_ +
                        static_cast<double>(last_epoch() - 1) * rise;
  return lr * (1 + rise / before);
}

// ConstantLR --------------------------------------------------------------------------------------

ConstantLR::ConstantLR(Optimizer& optimizer, double factor, std::int64_t total_iters)
    : LRScheduler(optimizer), factor_(factor), total_iters_(total_iters) {
  check(0 < factor && factor <= 1, "ConstantLR: factor must be greater than 0 and at most 1, got ",
        factor);
  check(total_iters > 0, "ConstantLR: total_iters must be positive, got ", total_iters);
  start();
}

double ConstantLR::next_lr(double lr) const {
  if (last_epoch() == 0) return lr * factor_;
  return last_epoch() == total_iters_ ? lr / factor_ : lr;
}

}  // namespace kindling::optim::lr_scheduler
