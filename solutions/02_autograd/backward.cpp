#include <unordered_map>

#include "kindling/autograd.h"
#include "kindling/ops.h"

/// Reverse mode: from the output back to the leaves, each operation once, when all of its gradient
/// has arrived.
namespace kindling {
namespace {

/// What is still to come for one tensor of the graph, and what has arrived.
struct Pending {
  std::int64_t uses = 0;  // operations that have not yet sent their part
  Tensor grad;
};
using PendingGrads = std::unordered_map<AutogradMeta*, Pending>;

/// Counts, for everything below `root`, how many operations use it.
/// \throws Error if part of the graph has been freed; nothing has changed then.
PendingGrads count_uses(AutogradMeta* root) {
  PendingGrads pending;
  std::vector<AutogradMeta*> unvisited{root};
  while (!unvisited.empty()) {
    const AutogradMeta* meta = unvisited.back();
    unvisited.pop_back();
    if (!meta->node) continue;
    check(meta->node->backward != nullptr, meta->node->name,
          ": Trying to backward through the graph a second time, but its saved tensors have "
          "already been freed. "
          "Specify retain_graph = true if you need to go through the graph a second time");
    for (const auto& input : meta->node->inputs)
      if (input && ++pending[input.get()].uses == 1) unvisited.push_back(input.get());
  }
  return pending;
}

/// Brings a gradient back to the shape and dtype of the input that it is for.
/// \throws Error if it has another shape than the input was broadcast to, or is on another device
Tensor fit_to_input(const Node& node, Tensor grad, const AutogradMeta& input) {
  check(grad.device() == input.device, node.name, " returned an invalid gradient: expected device ",
        input.device, " but got ", grad.device());
  if (grad.shape() != input.shape) {
    check(broadcast_shapes(grad.shape(), input.shape) == grad.shape(), node.name,
          " returned a gradient of shape ", grad.shape(), " for an input of shape ", input.shape);
    grad = sum_to(grad, input.shape);
  }
  return grad.to(input.dtype);
}

/// A leaf's gradient is its own: it is changed in place later, while `grad` may be somebody else's,
/// too.
void accumulate(Tensor& total, const Tensor& grad) {
  if (total.defined()) {
    total.add_(grad);
  } else {
    const bool only_owner = grad.shared_impl().use_count() == 1 && !grad.storage().is_shared();
    total = only_owner && grad.is_contiguous() ? grad : grad.clone();
  }
}

using Deliver = std::function<void(AutogradMeta&, const Tensor& grad)>;

/// \exercise{2.4} Walks the graph from `root`, whose gradient is `grad`, to the leaves, recording
/// nothing.
/// - A tensor's gradient is the sum of what the operations that used it send. It is complete when
///   the last of them has had its turn, whether that one sent anything or not; count_uses() says
///   how many there are.
/// - A complete gradient first passes the tensor's hooks, in order, through a copy of their list
///   (hooks_of() makes one), as a hook may take itself off; a defined Tensor that a hook returns
///   takes the gradient's place. Then `deliver` gets it; and then, if the tensor has a node,
///   node->backward, which returns a gradient for each of node->inputs. fit_to_input() brings each
///   to its input's shape.
/// - To inputs that are null nothing is sent. Where nothing arrived, no hook, `deliver` or backward
///   is called, but the turn of the operation counts for its inputs all the same.
/// - Of several tensors whose gradients are complete, the last to become so goes on first.
/// - Unless `retain_graph`, the backward of every node that the walk has passed becomes nullptr.
/// - No gradient is changed in place: the same tensor may be on its way to somebody else.
/// - No recursion: a graph can be a million operations deep.
/// \throws Error if a node returns more or fewer gradients than it has inputs
void walk_back(const Tensor& root, Tensor grad, bool retain_graph, const Deliver& deliver) {
  NoGrad guard;
  PendingGrads pending = count_uses(root.autograd());
  pending[root.autograd()].grad = std::move(grad);

  std::vector<AutogradMeta*> ready{root.autograd()};
  while (!ready.empty()) {
    AutogradMeta& meta = *ready.back();
    ready.pop_back();
    Tensor complete = std::move(pending[&meta].grad);
    if (complete.defined()) {
      for (const Hook& hook : hooks_of(meta))
        if (Tensor replaced = hook(complete); replaced.defined()) complete = replaced;
      deliver(meta, complete);
    }
    if (!meta.node) continue;

    Node& node = *meta.node;
    Tensors grads(node.inputs.size());  // all undefined, if nothing arrived
    if (complete.defined()) grads = node.backward(complete);
    check(grads.size() == node.inputs.size(), node.name, " returned ", grads.size(),
          " gradients for ", node.inputs.size(), " inputs");
    if (!retain_graph) node.backward = nullptr;
    complete = Tensor();

    for (std::size_t i = 0; i < grads.size(); ++i) {
      AutogradMeta* input = node.inputs[i].get();
      if (!input) continue;
      Pending& next = pending[input];
      if (grads[i].defined()) {
        Tensor part = fit_to_input(node, std::move(grads[i]), *input);
        next.grad = next.grad.defined() ? next.grad + part : std::move(part);
      }
      if (--next.uses == 0) ready.push_back(input);
    }
  }
}

}  // namespace

static Tensor starting_gradient(const char* operation, const Tensor& root, Tensor grad) {
  check(root.requires_grad(), operation,
        ": this tensor does not require grad and does not have a grad_fn");
  if (!grad.defined()) {
    check(root.numel() == 1, operation,
          ": grad can be implicitly created only for scalar outputs, got shape ", root.shape());
    return ones_like(root);
  }
  check(grad.shape() == root.shape(), operation, ": Mismatch in shape: grad has a shape of ",
        grad.shape(), " and output has a shape of ", root.shape());
  check(grad.dtype() == root.dtype(), operation, ": grad has dtype ", grad.dtype(),
        ", the output has ", root.dtype());
  check(grad.device() == root.device(), operation, ": invalid gradient: expected device ",
        root.device(), " but got ", grad.device());
  return grad.detach();
}

void Tensor::backward(bool retain_graph) const { backward(Tensor(), retain_graph); }

void Tensor::backward(const Tensor& grad, bool retain_graph) const {
  AfterBackward after;
  const Tensor root = *this;  // a hook may drop the last handle on it
  walk_back(root, starting_gradient("backward", *this, grad), retain_graph,
            [](AutogradMeta& meta, const Tensor& g) {
              if (meta.node && !meta.retains_grad) return;
              if (!meta.requires_grad) return;  // a leaf that was frozen since the way forward
              const std::lock_guard lock(meta.mutex);
              accumulate(meta.grad, g);
              for (const auto& hook : std::list(meta.post_accumulate_hooks))
                if (auto impl = meta.tensor.lock()) {
                  Tensor leaf(std::move(impl));
                  hook(leaf);
                }
            });
  after.run();
}

Tensors grad(const Tensor& output, const Tensors& inputs, bool retain_graph,
             const Tensor& grad_output) {
  Tensors found(inputs.size());
  for (const Tensor& input : inputs)
    check(input.requires_grad(), "grad: one of the differentiated tensors does not require grad");
  const Tensor root = output;  // as in backward()
  walk_back(root, starting_gradient("grad", output, grad_output), retain_graph,
            [&](AutogradMeta& meta, const Tensor& g) {
              for (std::size_t i = 0; i < inputs.size(); ++i)
                if (inputs[i].autograd() == &meta) found[i] = g;
            });
  for (const Tensor& g : found)
    check(g.defined(),
          "grad: One of the differentiated tensors appears to not have been used in the graph");
  return found;
}

Tensor grad(const Tensor& output, const Tensor& input, bool retain_graph) {
  return grad(output, Tensors{input}, retain_graph)[0];
}

}  // namespace kindling
