#pragma once
#include "kindling/module.h"

/// The layers. Each file of solutions/03_modules holds one topic of them.
///
/// Threads: as module.h says. Every forward() here only reads its layer; Dropout draws from the
/// calling thread's generator.
namespace kindling::nn {

/// y = x Wᵀ + b, on the last axis of x: [..., in_features] → [..., out_features].
class Linear : public Module {
 public:
  /// Draws W, then b, from the default generator; see reset_parameters().
  /// \throws Error if a number of features is negative
  Linear(std::int64_t in_features, std::int64_t out_features, bool bias = true);

  Tensor& weight;  ///< [out_features, in_features]
  Tensor& bias;    ///< [out_features]; undefined if the layer has none

  /// Draws the parameters anew, by PyTorch's recipe.
  void reset_parameters();
  Tensor forward(const Tensor& x) override;
  std::string extra_repr() const override;
};

/// One after the other: the output of each layer is the input of the next. Its children are named
/// "0", "1", …
class Sequential : public Module {
 public:
  /// Builds a layer at the end: `layers.append<Linear>(2, 30).append<ReLU>();`
  template <class M, class... Args>
  Sequential& append(Args&&... args) {
    return append(std::make_unique<M>(std::forward<Args>(args)...));
  }
  Sequential& append(std::unique_ptr<Module> layer);

  std::int64_t size() const { return std::ssize(layers_); }
  /// \throws Error if there is no such layer; -1 is the last one
  Module& operator[](std::int64_t index) const;
  /// The same, by its own class: `layers.get<Linear>(0).weight`.
  /// \throws Error if it is of another
  template <class M>
  M& get(std::int64_t index) const {
    auto* layer = dynamic_cast<M*>(&(*this)[index]);
    check(layer != nullptr, "Sequential: layer ", index,
          " is not of the class that was asked for, but a ", (*this)[index].name());
    return *layer;
  }

  Tensor forward(const Tensor& x) override;

 private:
  std::vector<Module*> layers_;  // in order; owned as children
};

/// y = x
struct Identity : Module {
  Tensor forward(const Tensor& x) override;
};

/// y = max(x, 0)
struct ReLU : Module {
  Tensor forward(const Tensor& x) override;
};

/// y = x Φ(x), with Φ the normal distribution function
struct GELU : Module {
  Tensor forward(const Tensor& x) override;
  std::string extra_repr() const override;
};

/// y = x σ(x)
struct SiLU : Module {
  Tensor forward(const Tensor& x) override;
};

struct Tanh : Module {
  Tensor forward(const Tensor& x) override;
};

/// y = σ(x) = 1 / (1 + e⁻ˣ)
struct Sigmoid : Module {
  Tensor forward(const Tensor& x) override;
};

/// Probabilities along `dim`: positive, with sum 1.
class Softmax : public Module {
 public:
  explicit Softmax(std::int64_t dim) : dim_(dim) {}
  Tensor forward(const Tensor& x) override;
  std::string extra_repr() const override;

 private:
  std::int64_t dim_;
};

/// In training, sets each element to 0 with probability p and divides the others by 1 − p, so that
/// the expected value is kept. In evaluation, y = x. Source: Srivastava et al., Dropout: A Simple
/// Way to Prevent Neural Networks from Overfitting (2014).
class Dropout : public Module {
 public:
  /// \throws Error if p is not in [0, 1]
  explicit Dropout(double p = 0.5);
  Tensor forward(const Tensor& x) override;
  std::string extra_repr() const override;

 private:
  double p_;
};

/// Makes one axis of those from `start_dim` to `end_dim`: images [batch, 28, 28] become rows
/// [batch, 784].
class Flatten : public Module {
 public:
  explicit Flatten(std::int64_t start_dim = 1, std::int64_t end_dim = -1)
      : start_dim_(start_dim), end_dim_(end_dim) {}
  Tensor forward(const Tensor& x) override;
  std::string extra_repr() const override;

 private:
  std::int64_t start_dim_, end_dim_;
};

}  // namespace kindling::nn

namespace kindling {

/// y = x σ(x) = x / (1 + e⁻ˣ), also called swish. Source: Elfwing, Uchibe and Doya (2018).
Tensor silu(const Tensor&);

}  // namespace kindling
