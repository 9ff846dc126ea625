#include "kindling/module.h"

#include <unordered_set>

/// A module is a tree: it owns named tensors, and named modules that own more of them.
namespace kindling::nn {

// Registration ------------------------------------------------------------------------------------

Tensor& Module::parameter(std::string name, Tensor init) {
  check_name("parameter", name);
  if (init.defined()) {
    check(init.is_leaf(), "parameter \"", name, "\": expected a leaf, got the result of ",
          init.grad_fn(), "; use detach()");
    init.requires_grad_();
  }
  return parameters_.emplace_back(std::move(name), std::move(init)).second;
}

Tensor& Module::buffer(std::string name, Tensor init) {
  check_name("buffer", name);
  return buffers_.emplace_back(std::move(name), std::move(init)).second;
}

Module& Module::add(std::string name, std::unique_ptr<Module> child) {
  check_name("module", name);
  check(child != nullptr, "module \"", name, "\": expected a module, got a null pointer");
  return *children_.emplace_back(std::move(name), std::move(child)).second;
}

// Collection --------------------------------------------------------------------------------------

/// \exercise{3.1} The parameters of this module under their own names, then those of each child
/// under "child.name", and so on downwards; in the order in which they were declared. They are the
/// module's own tensors, not copies. Absent ones (undefined tensors) are left out; one that is
/// shared is listed under each of its names. A module with the parameter "bias" and a child "head"
/// that has a "weight" gives "bias", "head.weight".
NamedTensors Module::named_parameters() const {
  throw NotImplemented("3.1");
}

Tensors Module::parameters() const {
  Tensors found;
  std::unordered_set<const TensorImpl*> seen;
  for (const auto& [name, tensor] : named_parameters())
    if (seen.insert(tensor.shared_impl().get()).second) found.push_back(tensor);
  return found;
}

std::int64_t Module::num_parameters() const {
  std::int64_t count = 0;
  for (const Tensor& parameter : parameters())
    if (parameter.requires_grad()) count += parameter.numel();
  return count;
}

}  // namespace kindling::nn
