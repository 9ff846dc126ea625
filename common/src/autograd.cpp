#include "kindling/autograd.h"

#include <algorithm>
#include <iterator>
#include <utility>

/// What chapter 2 stands on: the graph itself. Walking it is solutions/02_autograd/backward.cpp.
namespace kindling {
namespace {

thread_local bool recording = true;
thread_local AfterBackward* after_backward = nullptr;

AutogradMeta& make_meta(const Tensor& t) {
  TensorImpl& impl = *t.shared_impl();
  if (!impl.autograd) {
    impl.autograd = std::make_shared<AutogradMeta>();
    impl.autograd->shape = impl.layout.shape;
    impl.autograd->dtype = impl.dtype;
    impl.autograd->device = t.device();
    impl.autograd->tensor = t.shared_impl();
  }
  return *impl.autograd;
}

/// Adds to a list of hooks that lives as long as the tensor's meta; the result takes it off again.
template <class Function>
RemoveHook add_hook(std::list<Function> AutogradMeta::*hooks, const Tensor& t, Function hook) {
  make_meta(t);
  std::weak_ptr<AutogradMeta> owner = t.shared_impl()->autograd;
  AutogradMeta& meta = *t.shared_impl()->autograd;
  const std::lock_guard lock(meta.mutex);
  auto at = (meta.*hooks).insert((meta.*hooks).end(), std::move(hook));
  const auto is_on = std::make_shared<bool>(true);  // for all copies of the result
  return [owner, hooks, at, is_on] {
    const auto meta = owner.lock();
    if (!meta) return;
    const std::lock_guard lock(meta->mutex);
    if (std::exchange(*is_on, false)) ((*meta).*hooks).erase(at);
  };
}

}  // namespace

bool grad_enabled() { return recording; }
NoGrad::NoGrad() : before_(std::exchange(recording, false)) {}
NoGrad::~NoGrad() { recording = before_; }

AfterBackward::AfterBackward() : outer_(std::exchange(after_backward, this)) {}
AfterBackward::~AfterBackward() { after_backward = outer_; }

void AfterBackward::run() {
  for (std::size_t i = 0; i < calls_.size(); ++i) {  // a call may add another
    const auto call = std::move(calls_[i]);
    call();
  }
}

void call_after_backward(std::function<void()> f) {
  check(after_backward != nullptr,
        "call_after_backward: expected to be called by a hook, but no backward() is running");
  after_backward->calls_.push_back(std::move(f));
}

Tensors NodeBackward::operator()(const Tensor& grad) const {
  const std::lock_guard lock(mutex_);
  check(rule_ != nullptr,
        "Trying to backward through the graph a second time, but its saved tensors have already "
        "been freed. Specify retain_graph = true if you need to go through the graph a second "
        "time");
  return rule_(grad);
}

NodeBackward& NodeBackward::operator=(std::nullptr_t) {
  Backward freed;  // destroyed after the lock is given back: what it keeps may be large
  const std::lock_guard lock(mutex_);
  freed.swap(rule_);
  return *this;
}

bool NodeBackward::operator==(std::nullptr_t) const {
  const std::lock_guard lock(mutex_);
  return rule_ == nullptr;
}

void NodeBackward::wrap(const std::function<Backward(Backward rule)>& wrapper) {
  const std::lock_guard lock(mutex_);
  rule_ = wrapper(std::move(rule_));
}

/// A chain of a million nodes must not be destroyed by a million nested destructors: the outermost
/// one in this thread takes apart, in a loop, what those inside of it would.
Node::~Node() {
  using Metas = std::vector<std::shared_ptr<AutogradMeta>>;
  thread_local Metas* outermost = nullptr;
  if (outermost != nullptr) {
    std::ranges::move(inputs, std::back_inserter(*outermost));
    return;
  }
  Metas doomed = std::move(inputs);
  outermost = &doomed;
  while (!doomed.empty()) {
    const std::shared_ptr<AutogradMeta> last = std::move(doomed.back());
    doomed.pop_back();
  }
  outermost = nullptr;
}

std::list<Hook> hooks_of(AutogradMeta& meta) {
  const std::lock_guard lock(meta.mutex);
  return meta.hooks;
}

Saved::Saved(const Tensor& t)
    : tensor_(t.detach()), version_(t.storage().version()), wants_grad_(t.requires_grad()) {}

const Tensor& Saved::operator*() const {
  check(tensor_.storage().version() == version_,
        "one of the variables needed for gradient computation has been modified by an inplace "
        "operation: [",
        tensor_.dtype(), ' ', tensor_.shape(), "] is at version ", tensor_.storage().version(),
        "; expected version ", version_, " instead");
  return tensor_;
}

bool is_recorded(const Tensor& out, const Inputs& inputs) {
  return recording && out.is_floating_point() &&
         std::ranges::any_of(inputs, &Tensor::requires_grad);
}

Tensor record_node(Tensor out, std::string_view name, const Inputs& inputs, Backward backward) {
  AutogradMeta& meta = make_meta(out);
  meta.requires_grad = true;
  meta.node = std::make_shared<Node>(name, std::move(backward));
  meta.node->inputs.reserve(inputs.size());
  for (const Tensor& input : inputs)
    meta.node->inputs.push_back(input.requires_grad() ? input.shared_impl()->autograd : nullptr);
  return out;
}

bool Tensor::requires_grad() const { return autograd() && autograd()->requires_grad; }

Tensor& Tensor::requires_grad_(bool on) {
  check(!on || is_floating_point(),
        "only tensors of floating point dtype can require gradients, got ", dtype());
  check(on || is_leaf(),
        "you can only change requires_grad flags of leaf tensors; use detach() to get a tensor "
        "outside of the graph");
  if (on || autograd()) make_meta(*this).requires_grad = on;
  return *this;
}

bool Tensor::is_leaf() const { return !autograd() || !autograd()->node; }

Tensor Tensor::grad() const {
  if (!autograd()) return {};
  const std::lock_guard lock(autograd()->mutex);
  return autograd()->grad;
}

void Tensor::set_grad(Tensor grad) {
  if (grad.defined()) {
    check(grad.shared_impl() != shared_impl(), "set_grad: can't assign a tensor as its own grad");
    check(grad.shape() == shape(), "set_grad: expected a gradient of shape ", shape(), ", got ",
          grad.shape());
    check(grad.dtype() == dtype(), "set_grad: expected a gradient of dtype ", dtype(), ", got ",
          grad.dtype());
    check(grad.device() == device(), "set_grad: expected a gradient on ", device(), ", got one on ",
          grad.device());
  } else if (!autograd()) {
    return;
  }
  AutogradMeta& meta = make_meta(*this);
  const std::lock_guard lock(meta.mutex);
  std::swap(meta.grad, grad);
}

void Tensor::set_data(const Tensor& other) {
  const Tensor held = grad();
  check(!requires_grad() || other.is_floating_point(),
        "set_data: data set to a tensor that requires gradients must be of floating point dtype, "
        "got ",
        other.dtype());
  if (held.defined())
    check(held.shape() == other.shape() && held.dtype() == other.dtype() &&
              held.device() == other.device(),
          "set_data: expected data like the .grad of this tensor, ", held.dtype(), ' ',
          held.shape(), " on ", held.device(), ", got ", other.dtype(), ' ', other.shape(), " on ",
          other.device(), "; take the gradient away first, by set_grad(Tensor())");
  TensorImpl& own = *shared_impl();
  own.storage = other.storage();
  own.layout = other.layout();
  own.dtype = other.dtype();
  if (AutogradMeta* meta = autograd()) {
    meta->shape = other.shape();
    meta->dtype = other.dtype();
    meta->device = other.device();
  }
}

Tensor Tensor::detach() const {
  Tensor out;
  out.impl_ = std::make_shared<TensorImpl>(
      TensorImpl{impl().storage, impl().layout, impl().dtype, nullptr});
  return out;
}

void Tensor::retain_grad() {
  check(requires_grad(), "retain_grad: can't retain_grad on a tensor that does not require grad");
  autograd()->retains_grad = true;
}

RemoveHook Tensor::register_hook(Hook hook) {
  check(requires_grad(),
        "register_hook: cannot register a hook on a tensor that doesn't require gradient");
  Hook checked = [hook = std::move(hook)](const Tensor& grad) {
    const Tensor replaced = hook(grad);
    if (replaced.defined()) {
      check(replaced.shape() == grad.shape(),
            "a hook has changed the shape of a gradient: ", "expected ", grad.shape(), ", got ",
            replaced.shape());
      check(replaced.dtype() == grad.dtype(),
            "a hook has changed the dtype of a gradient: ", "expected ", grad.dtype(), ", got ",
            replaced.dtype());
      check(replaced.device() == grad.device(), "a hook has moved a gradient: expected it on ",
            grad.device(), ", got ", replaced.device());
    }
    return replaced;
  };
  return add_hook(&AutogradMeta::hooks, *this, std::move(checked));
}

RemoveHook Tensor::register_post_accumulate_grad_hook(std::function<void(Tensor&)> hook) {
  check(
      requires_grad() && is_leaf(),
      "register_post_accumulate_grad_hook: only a leaf that requires grad accumulates a gradient");
  return add_hook(&AutogradMeta::post_accumulate_hooks, *this, std::move(hook));
}

std::string_view Tensor::grad_fn() const {
  return is_leaf() ? std::string_view() : autograd()->node->name;
}

}  // namespace kindling
