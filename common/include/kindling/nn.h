#pragma once
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

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

/// y = x Φ(x), with Φ the normal distribution function; or nearly, by tanh, as gelu() has it
class GELU : public Module {
 public:
  explicit GELU(std::string approximate = "none") : approximate_(std::move(approximate)) {}
  Tensor forward(const Tensor& x) override;
  std::string extra_repr() const override;

 private:
  std::string approximate_;
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

/// A table of vectors, one for each index: indices […] → rows of weight […, embedding_dim].
class Embedding : public Module {
 public:
  /// Draws the rows from a standard normal distribution; that of `padding_idx`, counted from the
  /// end if negative, is 0 and is not trained. \throws Error if a number is negative, or
  /// padding_idx is out of range
  Embedding(std::int64_t num_embeddings, std::int64_t embedding_dim,
            std::optional<std::int64_t> padding_idx = {});

  Tensor& weight;  ///< [num_embeddings, embedding_dim]

  Tensor forward(const Tensor& indices) override;
  std::string extra_repr() const override;

 private:
  std::optional<std::int64_t> padding_idx_;
};

/// Rows of mean 0 and variance 1, scaled and shifted: see layer_norm(). The weight begins as 1, the
/// bias as 0.
class LayerNorm : public Module {
 public:
  /// \param normalized_shape the last axes, which make a row
  /// \throws Error if it is empty
  explicit LayerNorm(const Shape& normalized_shape, double eps = 1e-5,
                     bool elementwise_affine = true);
  explicit LayerNorm(std::int64_t features, double eps = 1e-5, bool elementwise_affine = true)
      : LayerNorm(Shape{features}, eps, elementwise_affine) {}

  Tensor& weight;  ///< normalized_shape; undefined without elementwise_affine, as is the bias
  Tensor& bias;

  Tensor forward(const Tensor& x) override;
  std::string extra_repr() const override;

 private:
  Shape normalized_shape_;
  double eps_;
};

/// Modules in a list, named "0", "1", …, whose owner decides what becomes of them: it has no
/// forward().
class ModuleList : public Module {
 public:
  /// Builds a module at the end: `blocks.append<Block>(64);`
  template <class M, class... Args>
  M& append(Args&&... args) {
    auto made = std::make_unique<M>(std::forward<Args>(args)...);
    M& module = *made;
    append(std::move(made));
    return module;
  }
  /// \throws Error if it is null
  Module& append(std::unique_ptr<Module> module);

  std::int64_t size() const { return std::ssize(modules_); }
  /// \throws Error if there is no such module; -1 is the last one
  Module& operator[](std::int64_t index) const;
  /// The same, by its own class. \throws Error if it is of another
  template <class M>
  M& get(std::int64_t index) const {
    auto* module = dynamic_cast<M*>(&(*this)[index]);
    check(module != nullptr, "ModuleList: module ", index,
          " is not of the class that was asked for, but a ", (*this)[index].name());
    return *module;
  }
  auto begin() const { return modules_.begin(); }  ///< of Module*, in order
  auto end() const { return modules_.end(); }

 private:
  std::vector<Module*> modules_;  // in order; owned as children
};

/// Modules by name, in the order in which they were added; no forward(), as for ModuleList.
class ModuleDict : public Module {
 public:
  /// Builds a module: `heads.insert<Linear>("digits", 64, 10);`
  template <class M, class... Args>
  M& insert(std::string name, Args&&... args) {
    return add<M>(std::move(name), std::forward<Args>(args)...);
  }
  /// \throws Error if it is null, or the name is empty, has a dot in it or is taken
  Module& insert(std::string name, std::unique_ptr<Module> module);

  std::int64_t size() const { return std::ssize(named_children()); }
  bool contains(std::string_view name) const;
  std::vector<std::string> keys() const;
  /// \throws Error if there is no module of that name
  Module& operator[](std::string_view name) const;
  /// The same, by its own class. \throws Error if it is of another
  template <class M>
  M& get(std::string_view name) const {
    auto* module = dynamic_cast<M*>(&(*this)[name]);
    check(module != nullptr, "ModuleDict: module '", name,
          "' is not of the class that was asked for, but a ", (*this)[name].name());
    return *module;
  }
};

}  // namespace kindling::nn

namespace kindling {

/// The rows of weight [rows, n] that int64 indices […] name: […, n]. The row of `padding_idx` gets
/// no gradient. (embedding.cpp)
/// \throws Error if an index is out of range, or the arguments are of other kinds
Tensor embedding(const Tensor& indices, const Tensor& weight,
                 std::optional<std::int64_t> padding_idx = {});

/// y = (x − mean) / √(variance + eps) · weight + bias, where mean and variance, the one that is
/// divided by n, are those of each row; a row is the last axes, `normalized_shape`, which is the
/// shape of weight and bias, too. Either may be undefined. Source: Ba, Kiros and Hinton, Layer
/// Normalization (2016). (layer_norm.cpp)
/// \throws Error if the shapes do not belong together
Tensor layer_norm(const Tensor& x, const Shape& normalized_shape, const Tensor& weight = {},
                  const Tensor& bias = {}, double eps = 1e-5);

/// y = x σ(x) = x / (1 + e⁻ˣ), also called swish. Source: Elfwing, Uchibe and Doya (2018).
Tensor silu(const Tensor&);

}  // namespace kindling
