#pragma once
#include "kindling/module.h"

/// How wrong an answer is. Threads: every function may be called from any thread, as in ops.h;
/// modules as module.h says.
namespace kindling {

/// log(eˣ / Σ eˣ) along `dim`, without computing an eˣ that could overflow or the logarithm of 0.
/// \throws Error if x does not hold floating-point numbers
Tensor log_softmax(const Tensor& x, std::int64_t dim);

}  // namespace kindling

namespace kindling::nn {

/// What becomes of the losses of single elements, or examples: they stay apart, or give their mean,
/// or their sum.
enum class Reduction { none, mean, sum };

// Losses of one number for each number that was wanted: input and target have the same shape and
// dtype.

/// (x − t)²
Tensor mse_loss(const Tensor& input, const Tensor& target, Reduction = Reduction::mean);

/// −(t log p + (1 − t) log(1 − p)), for probabilities p; logarithms are cut off at −100, so that
/// certainty about the wrong answer costs 100 and not infinity.
/// \throws Error if a probability is NaN or not in [0, 1]
Tensor binary_cross_entropy(const Tensor& input, const Tensor& target, Reduction = Reduction::mean);

/// The same for p = σ(x), computed from x: max(x, 0) − x t + log(1 + e^−|x|), which neither
/// overflows nor rounds to log 0.
Tensor binary_cross_entropy_with_logits(const Tensor& input, const Tensor& target,
                                        Reduction = Reduction::mean);

// Losses of one label for each example. input is [classes], [batch, classes] or [batch, classes,
// …]; targets are int64 labels of shape [], [batch] or [batch, …].

struct LabelLossOptions {
  Reduction reduction =
      Reduction::mean;  ///< the mean is over those that are not ignored; NaN if there are none
  std::int64_t ignore_index = -100;  ///< examples with this label cost nothing and give no gradient
};

/// −x[target]: the negative log likelihood, of log-probabilities such as log_softmax() gives.
/// \throws Error if the shapes do not belong together, or a label is not in [0, classes)
Tensor nll_loss(const Tensor& input, const Tensor& targets, const LabelLossOptions& = {});

/// −log softmax(x)[target], of logits: any numbers, one for each class.
/// \throws Error as nll_loss() does
Tensor cross_entropy(const Tensor& input, const Tensor& targets, const LabelLossOptions& = {});

/// How much each class counts, and how sure of its label anybody should be.
struct ClassOptions {
  Tensor weight = {};  ///< [classes]; undefined: all count the same
  /// ε: 1 − ε of the label's own, and ε shared by all classes. Source: Szegedy et al., Rethinking
  /// the Inception Architecture (2016)
  double label_smoothing = 0;
};

/// −Σ q log softmax(x) over the classes, where q are targets of one of two kinds, each times its
/// class's weight:
/// - int64 labels, as above: q is 1 at the label, but for smoothing; the mean is Σ loss / Σ
/// weight[label] of those that are not ignored;
/// - probabilities of the classes, of the input's shape and dtype, smoothed, too: the mean is over
/// the examples, and nothing is ignored.
/// (soft_labels.cpp)
/// \throws Error if the shapes do not belong together, a label is not in [0, classes), or the
/// smoothing not in [0, 1]
Tensor cross_entropy(const Tensor& input, const Tensor& targets, const LabelLossOptions&,
                     const ClassOptions&);

// The same as modules -----------------------------------------------------------------------------

/// A loss as a module, called with two tensors: `nn::CrossEntropyLoss loss; loss(model(x), y)`.
class Loss : public Module {
 public:
  using Module::forward;
  virtual Tensor forward(const Tensor& input, const Tensor& target) = 0;
  Tensor operator()(const Tensor& input, const Tensor& target) { return forward(input, target); }
};

struct MSELoss : Loss {
  using Loss::forward;
  Reduction reduction;
  explicit MSELoss(Reduction reduction = Reduction::mean) : reduction(reduction) {}
  Tensor forward(const Tensor& input, const Tensor& target) override {
    return mse_loss(input, target, reduction);
  }
};

struct BCELoss : Loss {
  using Loss::forward;
  Reduction reduction;
  explicit BCELoss(Reduction reduction = Reduction::mean) : reduction(reduction) {}
  Tensor forward(const Tensor& input, const Tensor& target) override {
    return binary_cross_entropy(input, target, reduction);
  }
};

struct BCEWithLogitsLoss : Loss {
  using Loss::forward;
  Reduction reduction;
  explicit BCEWithLogitsLoss(Reduction reduction = Reduction::mean) : reduction(reduction) {}
  Tensor forward(const Tensor& input, const Tensor& target) override {
    return binary_cross_entropy_with_logits(input, target, reduction);
  }
};

struct NLLLoss : Loss {
  using Loss::forward;
  LabelLossOptions options;
  explicit NLLLoss(const LabelLossOptions& options = {}) : options(options) {}
  Tensor forward(const Tensor& input, const Tensor& target) override {
    return nll_loss(input, target, options);
  }
};

struct CrossEntropyLoss : Loss {
  using Loss::forward;
  LabelLossOptions options;
  ClassOptions classes;
  explicit CrossEntropyLoss(const LabelLossOptions& options = {}, const ClassOptions& classes = {})
      : options(options), classes(classes) {}
  /// The target may also be probabilities.
  Tensor forward(const Tensor& input, const Tensor& target) override {
    if (!classes.weight.defined() && classes.label_smoothing == 0 && !target.is_floating_point())
      return cross_entropy(input, target, options);
    return cross_entropy(input, target, options, classes);
  }
};

/// log_softmax() as a layer.
class LogSoftmax : public Module {
 public:
  explicit LogSoftmax(std::int64_t dim) : dim_(dim) {}
  Tensor forward(const Tensor& x) override { return log_softmax(x, dim_); }
  std::string extra_repr() const override { return "dim=" + std::to_string(dim_); }

 private:
  std::int64_t dim_;
};

}  // namespace kindling::nn
