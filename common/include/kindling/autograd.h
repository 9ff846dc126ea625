#pragma once
#include <functional>
#include <initializer_list>
#include <list>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "kindling/tensor.h"

/// The graph of operations, and the walk back. Threads: several may record operations on the same
/// leaves, and call backward() and grad() at once, on separate graphs or on one that they share and
/// keep (retain_graph): each leaf takes in one gradient at a time, its post-accumulate hooks
/// included, and no gradient is lost. Of threads that share a graph and do not keep it, those that
/// come too late get an Error. grad(), set_grad(), and registering and removing hooks may run
/// beside that; freezing a leaf, retain_grad() and set_data() may not. Hooks run in the thread
/// whose walk calls them, so one that register_hook() added may run in several at once. NoGrad
/// holds for its own thread.
namespace kindling {

/// The chain rule for one operation: from the gradient of its output to the gradients of its
/// inputs, in their order. An undefined Tensor means that no gradient flows to that input. A
/// gradient may have the shape and dtype that its input was broadcast or promoted to: the walk
/// brings it back with sum_to().
using Backward = std::function<Tensors(const Tensor& grad)>;

/// The rule of one node. Several threads may call backward() on graphs that share nodes, so they
/// take turns here.
class NodeBackward {
 public:
  explicit NodeBackward(Backward rule) : rule_(std::move(rule)) {}
  /// \throws Error if the rule was freed, maybe by another thread a moment ago
  Tensors operator()(const Tensor& grad) const;
  NodeBackward& operator=(std::nullptr_t);  ///< frees the rule and all that it keeps
  bool operator==(std::nullptr_t) const;    ///< whether it was freed
  /// Puts `wrapper(rule)` in the rule's place: for who wants to see what it is given.
  void wrap(const std::function<Backward(Backward rule)>& wrapper);

 private:
  mutable std::mutex mutex_;
  Backward rule_;
};

/// One recorded operation: what it was computed from, and how gradients go back. It holds no
/// input's elements, only its place in the graph; record() keeps what the rule needs of them beside
/// the rule, as Saved.
struct Node {
  std::string_view name;                              ///< PyTorch's: "AddBackward0"
  std::vector<std::shared_ptr<AutogradMeta>> inputs;  ///< null where no gradient is needed
  NodeBackward backward;                              ///< null once the graph has been freed

  Node(std::string_view name, Backward backward) : name(name), backward(std::move(backward)) {}
  ~Node();
};

/// What autograd knows of one tensor.
struct AutogradMeta {
  bool requires_grad = false;
  bool retains_grad = false;
  Shape shape;
  DType dtype = float32;
  Device device = cpu;
  Tensor grad;
  std::shared_ptr<Node> node;  ///< null for a leaf
  std::list<Hook> hooks;
  std::list<std::function<void(Tensor&)>> post_accumulate_hooks;
  std::weak_ptr<TensorImpl> tensor;  ///< for drawings: the elements, while somebody holds them
  /// Held while `grad` or a list of hooks changes, and while hooks look at the new `grad`: several
  /// threads may bring gradients here. Recursive, as a hook may call backward() itself.
  std::recursive_mutex mutex;
};

/// The hooks of a tensor as they are now: a hook may take itself off while it runs.
std::list<Hook> hooks_of(AutogradMeta&);

/// Whether operations are being recorded in this thread.
bool grad_enabled();

/// Nothing is recorded while one of these lives: `NoGrad guard;`
class NoGrad {
 public:
  NoGrad();
  ~NoGrad();
  NoGrad(const NoGrad&) = delete;
  NoGrad& operator=(const NoGrad&) = delete;

 private:
  bool before_;
};

/// An input or output that an operation's backward will need. It keeps the elements but not the
/// graph behind them, so no function can own its own output; and it notices when they were changed
/// in place meanwhile.
class Saved {
 public:
  explicit Saved(const Tensor&);
  /// \throws Error if the elements were changed in place since they were saved.
  const Tensor& operator*() const;
  const Tensor* operator->() const { return &**this; }
  /// Where the elements lie, whatever has become of them since.
  const Layout& layout() const { return tensor_.layout(); }
  /// Whether this was an input that needs a gradient: where not, computing one would be wasted
  /// work.
  bool wants_grad() const { return wants_grad_; }

 private:
  Tensor tensor_;
  std::uint64_t version_;
  bool wants_grad_;
};

/// What an operation was computed from, as record() takes it: {a, b}, or a list.
class Inputs {
 public:
  Inputs(std::initializer_list<Tensor> inputs)  // NOLINT: implicit on purpose
      : inputs_(inputs.begin(), inputs.size()) {}
  Inputs(const Tensors& inputs) : inputs_(inputs) {}  // NOLINT
  auto begin() const { return inputs_.begin(); }
  auto end() const { return inputs_.end(); }
  std::size_t size() const { return inputs_.size(); }

 private:
  std::span<const Tensor> inputs_;  // the caller's: an Inputs lives for one call
};

/// Whether record() would remember how `out` was computed: if operations are being recorded, any
/// input needs a gradient, and `out` holds floating-point numbers, as integers and truth values
/// have no slope.
bool is_recorded(const Tensor& out, const Inputs& inputs);

/// How a rule keeps what it is given: tensors as Saved, all else as it is.
inline Saved kept_for_backward(const Tensor& x) { return Saved(x); }
template <class T>
const T& kept_for_backward(const T& x) {
  return x;
}

/// Makes `out` the result of a new node. \return out
Tensor record_node(Tensor out, std::string_view name, const Inputs& inputs, Backward backward);

/// Remembers how `out` was computed, if is_recorded() says so; otherwise it keeps nothing, and
/// allocates nothing. The walk back calls rule(grad, kept…), each Tensor of `kept` as a Saved.
/// \param name PyTorch's, "MulBackward0"; a literal, or text that lives as long as the graph
/// \return out
template <class Rule, class... Kept>
Tensor record(Tensor out, std::string_view name, const Inputs& inputs, Rule rule,
              const Kept&... kept) {
  if (!is_recorded(out, inputs)) return out;
  return record_node(std::move(out), name, inputs,
                     [rule = std::move(rule), ... kept = kept_for_backward(kept)](
                         const Tensor& grad) mutable -> Tensors { return rule(grad, kept...); });
}

/// Called by a hook: `f` runs, in this thread, once the backward() that called the hook has brought
/// every gradient to its place. PyTorch's queue_callback. \throws Error if no backward() is running
void call_after_backward(std::function<void()> f);

/// What hooks ask for by call_after_backward(), while it lives.
class AfterBackward {
 public:
  AfterBackward();
  ~AfterBackward();
  AfterBackward(const AfterBackward&) = delete;
  AfterBackward& operator=(const AfterBackward&) = delete;
  void run();

 private:
  friend void call_after_backward(std::function<void()> f);
  std::vector<std::function<void()>> calls_;
  AfterBackward* outer_;  // a hook may call backward() itself
};

/// The gradients of the scalar `output` (or of sum(output · grad_output)) with respect to `inputs`,
/// leaving every .grad as it is: torch.autograd.grad. \throws Error if an input was not used to
/// compute the output.
Tensors grad(const Tensor& output, const Tensors& inputs, bool retain_graph = false,
             const Tensor& grad_output = {});
/// For a single input.
Tensor grad(const Tensor& output, const Tensor& input, bool retain_graph = false);

/// Sums `x` down to `shape`, from which it was broadcast: what was repeated on the way forward is
/// added up on the way back.
Tensor sum_to(const Tensor& x, const Shape& shape);

/// What gradcheck() found.
struct GradcheckResult {
  bool ok = true;
  std::string message;  ///< the input, the index, the expected and the computed value of the first
                        ///< difference
  explicit operator bool() const { return ok; }
};

/// Compares the gradients of `f` at `inputs` with central differences, (f(x + ε) − f(x − ε)) / 2ε,
/// element by element. \param inputs float64 tensors; those that require gradients are checked.
/// Source: torch.autograd.gradcheck; its defaults are used.
GradcheckResult gradcheck(const std::function<Tensor(const Tensors&)>& f, Tensors inputs,
                          double eps = 1e-6, double atol = 1e-5, double rtol = 1e-3);

/// The graph that `root` was computed by, in Graphviz's language: dot -Tsvg. Leaves are boxes,
/// operations ellipses; values and gradients are shown where they are small and still held by
/// somebody. \param names labels for tensors of the graph
std::string to_dot(const Tensor& root,
                   const std::vector<std::pair<std::string, Tensor>>& names = {});

}  // namespace kindling
