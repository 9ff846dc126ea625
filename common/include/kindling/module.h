#pragma once
#include <array>
#include <cstdint>
#include <deque>
#include <memory>
#include <ostream>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

#include "kindling/tensor.h"

namespace kindling {

/// Tensors with their names, in an order that matters: parameters, buffers, the state of an
/// optimiser.
using NamedTensors = std::vector<std::pair<std::string, Tensor>>;
/// All that a module learnt: its parameters and buffers, by their paths.
using StateDict = NamedTensors;

/// What Module::load_state_dict() left undone. Printed, it is
/// `<All keys matched successfully>` if there is nothing.
struct IncompatibleKeys {
  std::vector<std::string> missing_keys;     ///< of the module, but not in the state
  std::vector<std::string> unexpected_keys;  ///< in the state, but not of the module
};
std::ostream& operator<<(std::ostream&, const IncompatibleKeys&);

}  // namespace kindling

/// Layers, and what they are made of: torch.nn.
///
/// Threads: forward() may run in several threads at once if it only reads the module, as that of
/// every layer in nn.h does; so may backward() (autograd.h). What changes a module (add(), train(),
/// to(), load_state_dict(), requires_grad_()) is for one thread, while no other uses it.
namespace kindling::nn {

/// Something that computes an output from an input with tensors of its own: a layer, or a whole
/// network of them. Subclasses name their parts as they declare them, and say what forward() does:
///
///     struct Classifier : nn::Module {
///       nn::Linear& hidden = add<nn::Linear>("hidden", 64, 32);
///       nn::Linear& head = add<nn::Linear>("head", 32, 10);
///       Tensor forward(const Tensor& x) override { return head(relu(hidden(x))); }
///     };
///
/// A module owns its parts and hands out references to them, so it is neither copied nor moved.
class Module {
 public:
  Module() = default;
  Module(const Module&) = delete;
  Module& operator=(const Module&) = delete;
  virtual ~Module() = default;

  /// The output for `x`. A module with several inputs declares its own forward() beside this one.
  /// \throws Error unless overridden
  virtual Tensor forward(const Tensor& x);
  Tensor operator()(const Tensor& x) { return forward(x); }

  // Its tensors -----------------------------------------------------------------------------------
  /// Every parameter of this module and of those below it, with the path to it: "layers.0.weight".
  /// Own ones first, then child by child, in the order in which they were declared. One that is
  /// shared is listed under each of its names.
  NamedTensors named_parameters() const;
  /// Likewise the tensors that belong to the state but are not trained: running means, masks.
  NamedTensors named_buffers() const;
  /// What an optimiser is given: each parameter once, even if several modules share it.
  Tensors parameters() const;
  /// How many numbers training can change: elements of the parameters that require gradients,
  /// shared ones counted once.
  std::int64_t num_parameters() const;

  // Its parts -------------------------------------------------------------------------------------
  /// The modules directly below this one, in the order in which they were added.
  std::vector<std::pair<std::string, Module*>> named_children() const;
  /// This module under the empty name, and all below it: "", "layers", "layers.0", …
  std::vector<std::pair<std::string, Module*>> named_modules();

  // Changing all of it ----------------------------------------------------------------------------
  /// Sets this module and all below it to training: Dropout drops.
  Module& train(bool on = true);
  /// Sets this module and all below it to evaluation: the same input always gives the same output.
  Module& eval() { return train(false); }
  bool is_training() const { return training_; }
  /// Whether the parameters are trained; requires_grad_(false) freezes them.
  Module& requires_grad_(bool on = true);
  /// Takes every parameter's gradient away.
  void zero_grad();
  /// Converts floating-point parameters, their gradients, and buffers; other buffers stay as they
  /// are. The tensors remain the same objects, so an optimiser that holds them goes on working.
  /// \throws Error if `dtype` is not a floating-point type, or there is no memory for all of them;
  /// nothing has changed then
  Module& to(DType dtype);
  Module& to(Device);

  // Saving (solutions/06_saving) ------------------------------------------------------------------
  /// Every parameter and buffer of this module and of those below it, in PyTorch's order: those of
  /// a module before those of its children. The tensors share the module's memory and are outside
  /// of the graph: a list to save, or to load elsewhere.
  StateDict state_dict() const;
  /// Copies `state` into the parameters and buffers of the same names, which stay the same objects.
  /// \param strict whether a name that is missing or unexpected is an error; else it is only
  /// returned
  /// \throws Error with all that does not fit: names, and shapes that differ. Nothing has changed
  /// then.
  IncompatibleKeys load_state_dict(const StateDict& state, bool strict = true);

  // Its text --------------------------------------------------------------------------------------
  /// "Linear": the class's own name, unless overridden.
  virtual std::string name() const;
  /// What is printed between the parentheses: "in_features=2, out_features=3, bias=True".
  virtual std::string extra_repr() const { return ""; }

 protected:
  /// Makes `init` a parameter under this name: it requires gradients from now on. The reference
  /// stays valid as long as the module lives. An undefined tensor declares a parameter that is
  /// absent: a Linear's bias, if it has none.
  /// \throws Error if the name is empty, has a dot in it or is taken, or if `init` is not a
  /// floating-point leaf
  Tensor& parameter(std::string name, Tensor init);
  /// Makes `init` a buffer: it is saved and moved with the parameters, but not trained.
  Tensor& buffer(std::string name, Tensor init);
  /// Builds a child in place: `Linear& head = add<Linear>("head", 32, 10);`
  template <class M, class... Args>
  M& add(std::string name, Args&&... args) {
    auto child = std::make_unique<M>(std::forward<Args>(args)...);
    M& made = *child;
    add(std::move(name), std::move(child));
    return made;
  }
  Module& add(std::string name, std::unique_ptr<Module> child);

 private:
  /// Calls visit(path, module) for `self`, a Module or const Module, and all below it, parents
  /// first.
  template <class Self, class Visit>
  static void walk(Self& self, const std::string& path, const Visit& visit);
  void check_name(const char* kind, const std::string& name);

  // Deques, because their elements stay where they are when others are added.
  std::deque<std::pair<std::string, Tensor>> parameters_;
  std::deque<std::pair<std::string, Tensor>> buffers_;
  std::vector<std::pair<std::string, std::unique_ptr<Module>>> children_;
  // The names of all three, as far as check_name() has seen them: each is given once.
  std::unordered_set<std::string> names_;
  std::array<std::size_t, 3> seen_{};
  bool training_ = true;
};

/// The text of PyTorch's print(model), to the character.
std::ostream& operator<<(std::ostream&, const Module&);
std::string to_string(const Module&);

/// A number as Python prints it: 0.5, 1.0, 1e-05. For extra_repr().
std::string repr(double);

}  // namespace kindling::nn
