#pragma once
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "kindling/module.h"
#include "kindling/tensor.h"

/// How parameters follow their gradients downhill: torch.optim. Formulas, defaults and results are
/// PyTorch's.
///
/// Threads: an optimiser, with its scheduler, is for one thread at a time. While it takes a step,
/// no other thread may use its parameters or bring gradients to them.
namespace kindling {
class RunSnapshot;  // chapter 6 takes the state of all parts of a run, and puts it back
}

namespace kindling::optim {

namespace lr_scheduler {
class LRScheduler;
}

/// Changes parameters by their gradients.
class Optimizer {
 public:
  /// What is remembered of one parameter from step to step, by name: "momentum_buffer".
  using State = std::map<std::string, Tensor>;

  Optimizer(const Optimizer&) = delete;
  Optimizer& operator=(const Optimizer&) = delete;
  virtual ~Optimizer() = default;

  /// Changes every parameter that has a gradient; the others are left alone, with their state.
  void step();
  /// Takes the gradients away, so that the next backward() starts afresh.
  void zero_grad();

  const Tensors& params() const { return params_; }
  /// The learning rate: how far a step goes.
  double lr() const { return lr_; }
  /// \throws Error if it is negative or NaN
  void set_lr(double lr);

  /// Everything that step() depends on besides parameters and gradients: "lr"; "initial_lr", if a
  /// scheduler has changed it; for the i-th parameter "i.momentum_buffer" and so on, as far as it
  /// exists; and "class.SGD", true, which says whose state it is. The tensors are the optimiser's
  /// own, not copies, unless their parameter has another dtype or device since the last step: they
  /// follow it.
  NamedTensors named_state() const;
  /// Takes over copies of what named_state() gave, in the dtypes and on the devices of the
  /// parameters: the next step is the same to the last bit. A state without "class.…" comes from an
  /// older version, and is believed.
  /// \throws Error if it is the state of another kind of optimiser, a name is unknown, missing or
  /// repeated, a tensor has another shape than its parameter, or a count of steps is not possible;
  /// nothing has changed then
  void load_named_state(const NamedTensors& state);

 protected:
  /// \throws Error if there are no parameters, one occurs twice or is no leaf, or the rate is
  /// negative
  Optimizer(std::string name, Tensors params, double lr);
  /// One step of one parameter, in place. Nothing is recorded meanwhile. `state` is empty at first;
  /// later, its tensors have the parameter's dtype and device.
  virtual void update(Tensor& parameter, const Tensor& grad, State& state) = 0;
  /// One step of many parameters at once, where their device has one for it (chapter 7): the same
  /// as update() of each. False where it has not, and nothing has changed.
  struct Update {
    Tensor parameter, grad;
    State& state;
  };
  virtual bool update_all(std::vector<Update>&) { return false; }
  /// The names that update() gives to what it remembers. A tensor named "step" counts steps; others
  /// are shaped like the parameter.
  virtual std::vector<std::string> state_names() const = 0;

 private:
  friend class lr_scheduler::LRScheduler;
  friend class kindling::RunSnapshot;

  std::string name_;
  Tensors params_;
  std::vector<State> states_;  // of each parameter
  double lr_;
  std::optional<double> initial_lr_;  // from which every scheduler of this optimiser starts
  bool lr_is_of_a_schedule_ = false;  // loaded, with the schedule to be continued from there
};

struct SGDOptions {
  double lr = 1e-3;
  double momentum = 0;
  double dampening = 0;
  double weight_decay = 0;
  bool nesterov = false;
};

/// Stochastic gradient descent: `optim::SGD optimizer(model.parameters(), {.lr = 0.5});`
class SGD : public Optimizer {
 public:
  /// \throws Error if an option other than dampening is negative, or nesterov is asked for without
  /// momentum or with dampening
  explicit SGD(Tensors params, const SGDOptions& = {});

 protected:
  void update(Tensor& parameter, const Tensor& grad, State& state) override;
  bool update_all(std::vector<Update>&) override;
  std::vector<std::string> state_names() const override;

 private:
  SGDOptions options_;
};

struct AdamOptions {
  double lr = 1e-3;
  std::pair<double, double> betas = {0.9, 0.999};
  double eps = 1e-8;
  double weight_decay = 0;
};

/// Source: Kingma and Ba, Adam: A Method for Stochastic Optimization (2015).
class Adam : public Optimizer {
 public:
  /// \throws Error if an option is negative, or a beta is not in [0, 1)
  explicit Adam(Tensors params, const AdamOptions& options = {})
      : Adam("Adam", std::move(params), options, false) {}

 protected:
  Adam(std::string name, Tensors params, const AdamOptions&, bool decoupled);
  void update(Tensor& parameter, const Tensor& grad, State& state) override;
  bool update_all(std::vector<Update>&) override;
  std::vector<std::string> state_names() const override {
    return {"step", "exp_avg", "exp_avg_sq"};
  }

 private:
  AdamOptions options_;
  bool decoupled_;
};

struct AdamWOptions {
  double lr = 1e-3;
  std::pair<double, double> betas = {0.9, 0.999};
  double eps = 1e-8;
  double weight_decay = 1e-2;
};

/// Adam, with weight decay apart from the gradient. Source: Loshchilov and Hutter, Decoupled Weight
/// Decay Regularization (2019).
class AdamW : public Adam {
 public:
  explicit AdamW(Tensors params, const AdamWOptions& o = {})
      : Adam("AdamW", std::move(params), {o.lr, o.betas, o.eps, o.weight_decay}, true) {}
};

/// How the learning rate changes from epoch to epoch: torch.optim.lr_scheduler. The formulas are
/// PyTorch's chainable ones: each rate follows from the one before, so several schedulers of one
/// optimiser multiply.
namespace lr_scheduler {

/// Sets the optimiser's rate when it is made, and at every step(). The optimiser must outlive it.
///
/// An optimiser that has just been given the state of one with a scheduler has a rate from the
/// middle of a schedule. A scheduler that is made then leaves this rate alone (PyTorch's would
/// change it once more), and waits for load_named_state() before its first step(). To begin a new
/// schedule instead, call set_lr() first.
class LRScheduler {
 public:
  virtual ~LRScheduler() = default;
  /// Called after each epoch, or whatever the rate is to depend on.
  /// \throws Error if it has to be told first how far the schedule is: see above
  void step();
  /// How often step() has been called.
  std::int64_t last_epoch() const { return last_epoch_; }
  double get_last_lr() const { return optimizer_.lr(); }

  /// "last_epoch"; "base_lr"; "last_lr", the optimiser's rate; and "class.StepLR", true, which says
  /// whose state it is.
  NamedTensors named_state() const;
  /// Goes on as the scheduler whose named_state() it is, and gives the optimiser its rate. A state
  /// of an older version has neither "last_lr" nor "class.…".
  /// \throws Error if it is the state of another kind of scheduler, the names are not those of
  /// named_state(), or a number is not possible; nothing has changed then
  void load_named_state(const NamedTensors& state);

 protected:
  explicit LRScheduler(Optimizer& optimizer);
  /// The rate of epoch last_epoch(), if `lr` was that of the one before. For epoch 0, `lr` is what
  /// the optimiser has.
  virtual double next_lr(double lr) const = 0;
  /// Sets the rate of epoch 0. The constructors of subclasses call it: next_lr() works then.
  void start();
  double base_lr() const { return base_lr_; }

 private:
  friend class kindling::RunSnapshot;

  /// "StepLR": the class's own name.
  std::string name() const;

  Optimizer& optimizer_;
  std::int64_t last_epoch_ = 0;
  double base_lr_;
  bool awaits_state_ = false;  // the optimiser's rate is from the middle of a schedule
};

/// Multiplies the rate by gamma every `step_size` epochs.
class StepLR : public LRScheduler {
 public:
  StepLR(Optimizer&, std::int64_t step_size, double gamma = 0.1);

 protected:
  double next_lr(double lr) const override;

 private:
  std::int64_t step_size_;
  double gamma_;
};

/// Multiplies the rate by gamma at each of the given epochs.
class MultiStepLR : public LRScheduler {
 public:
  MultiStepLR(Optimizer&, std::vector<std::int64_t> milestones, double gamma = 0.1);

 protected:
  double next_lr(double lr) const override;

 private:
  std::vector<std::int64_t> milestones_;
  double gamma_;
};

/// Multiplies the rate by gamma every epoch.
class ExponentialLR : public LRScheduler {
 public:
  ExponentialLR(Optimizer&, double gamma);

 protected:
  double next_lr(double lr) const override;

 private:
  double gamma_;
};

/// Half a cosine, from the base rate down to eta_min at epoch t_max (and up again after it).
/// Source: Loshchilov and Hutter, SGDR (2017), without the restarts.
class CosineAnnealingLR : public LRScheduler {
 public:
  CosineAnnealingLR(Optimizer&, std::int64_t t_max, double eta_min = 0);

 protected:
  double next_lr(double lr) const override;

 private:
  std::int64_t t_max_;
  double eta_min_;
};

/// A straight line from base · start_factor to base · end_factor, reached at epoch total_iters: a
/// warm-up.
class LinearLR : public LRScheduler {
 public:
  LinearLR(Optimizer&, double start_factor = 1.0 / 3, double end_factor = 1,
           std::int64_t total_iters = 5);

 protected:
  double next_lr(double lr) const override;

 private:
  double start_factor_, end_factor_;
  std::int64_t total_iters_;
};

/// base · factor until epoch total_iters, then base.
class ConstantLR : public LRScheduler {
 public:
  ConstantLR(Optimizer&, double factor = 1.0 / 3, std::int64_t total_iters = 5);

 protected:
  double next_lr(double lr) const override;

 private:
  double factor_;
  std::int64_t total_iters_;
};

}  // namespace lr_scheduler
}  // namespace kindling::optim

namespace kindling::nn::utils {

/// Scales all gradients by the same factor, so that together they are no longer than max_norm;
/// shorter ones stay as they are.
/// \param norm_type 2 is Euclid's length; infinity takes the largest element
/// \param error_if_nonfinite whether a norm that is NaN or infinite is an error, instead of
/// spoiling the gradients
/// \return the length before
/// \throws Error if max_norm is negative or norm_type is not positive
double clip_grad_norm_(const Tensors& parameters, double max_norm, double norm_type = 2,
                       bool error_if_nonfinite = false);

/// Cuts every element of every gradient to [−clip_value, clip_value].
void clip_grad_value_(const Tensors& parameters, double clip_value);

}  // namespace kindling::nn::utils
