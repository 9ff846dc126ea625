#include "kindling/module.h"

#include <charconv>
#include <cmath>
#include <sstream>
#include <typeinfo>
#include <unordered_set>

#include "class_name.h"
#include "kindling/autograd.h"

/// What every module does and nobody needs to write to understand: walking the tree of modules,
/// converting it, printing it. Names and registration are solutions/03_modules/module.cpp.
namespace kindling::nn {

template <class Self, class Visit>
void Module::walk(Self& self, const std::string& path, const Visit& visit) {
  visit(path, self);
  for (const auto& [name, child] : self.children_)
    walk<Self>(*child, path.empty() ? name : path + '.' + name, visit);
}

Tensor Module::forward(const Tensor&) {
  fail("Module [", name(), "] is missing the required \"forward\" function");
}

NamedTensors Module::named_buffers() const {
  NamedTensors found;
  walk(*this, "", [&](const std::string& path, const Module& module) {
    for (const auto& [name, tensor] : module.buffers_)
      if (tensor.defined()) found.emplace_back(path.empty() ? name : path + '.' + name, tensor);
  });
  return found;
}

std::vector<std::pair<std::string, Module*>> Module::named_children() const {
  std::vector<std::pair<std::string, Module*>> found;
  for (const auto& [name, child] : children_) found.emplace_back(name, child.get());
  return found;
}

std::vector<std::pair<std::string, Module*>> Module::named_modules() {
  std::vector<std::pair<std::string, Module*>> found;
  walk(*this, "",
       [&](const std::string& path, Module& module) { found.emplace_back(path, &module); });
  return found;
}

Module& Module::train(bool on) {
  walk(*this, "", [on](const std::string&, Module& module) { module.training_ = on; });
  return *this;
}

Module& Module::requires_grad_(bool on) {
  walk(*this, "", [on](const std::string&, Module& module) {
    for (auto& [name, tensor] : module.parameters_)
      if (tensor.defined()) tensor.requires_grad_(on);
  });
  return *this;
}

void Module::zero_grad() {
  walk(*this, "", [](const std::string&, Module& module) {
    for (auto& [name, tensor] : module.parameters_)
      if (tensor.defined()) tensor.set_grad(Tensor());
  });
}

/// The same tensor objects over converted elements, and their gradients likewise.
template <class Target>
static void convert(const Tensors& tensors, Target target) {
  NoGrad guard;
  struct Converted {
    Tensor tensor, data, grad;
  };
  std::vector<Converted> all;
  std::unordered_set<const TensorImpl*> seen;  // modules may share one
  for (const Tensor& tensor : tensors) {
    if (!tensor.defined() || !seen.insert(tensor.shared_impl().get()).second) continue;
    const Tensor grad = tensor.grad();
    // May throw, for want of memory: nothing has changed yet.
    all.push_back({tensor, tensor.to(target), grad.defined() ? grad.to(target) : Tensor()});
  }
  for (Converted& each : all) {
    each.tensor.set_grad(Tensor());
    each.tensor.set_data(each.data);
    each.tensor.set_grad(each.grad);
  }
}

Module& Module::to(DType dtype) {
  check(is_floating_point(dtype), "Module::to: only accepts floating point dtypes, but got ",
        dtype);
  Tensors tensors;
  walk(*this, "", [&](const std::string&, Module& module) {
    for (const auto& [name, tensor] : module.parameters_) tensors.push_back(tensor);
    for (const auto& [name, tensor] : module.buffers_)
      if (tensor.defined() && tensor.is_floating_point()) tensors.push_back(tensor);
  });
  convert(tensors, dtype);
  return *this;
}

Module& Module::to(Device device) {
  Tensors tensors;
  walk(*this, "", [&](const std::string&, Module& module) {
    for (const auto& [name, tensor] : module.parameters_) tensors.push_back(tensor);
    for (const auto& [name, tensor] : module.buffers_) tensors.push_back(tensor);
  });
  convert(tensors, device);
  return *this;
}

void Module::check_name(const char* kind, const std::string& name) {
  check(!name.empty(), kind, " name can't be empty");
  check(name.find('.') == std::string::npos, kind, " name can't contain \".\", got: ", name);
  const auto look_at = [this](const auto& list, std::size_t& seen) {
    for (; seen < list.size(); ++seen) names_.insert(list[seen].first);
  };
  look_at(parameters_, seen_[0]);
  look_at(buffers_, seen_[1]);
  look_at(children_, seen_[2]);
  check(!names_.contains(name), "Module [", this->name(), "]: the ", kind, " name \"", name,
        "\" is taken");
}

// Text --------------------------------------------------------------------------------------------

std::string Module::name() const { return class_name(typeid(*this)); }

/// The lines of `text`, each after the first moved to the right: the text stands inside of another.
static std::string indented(const std::string& text) {
  std::string out;
  for (const char c : text) {
    out += c;
    if (c == '\n') out += "  ";
  }
  return out;
}

std::string to_string(const Module& module) {
  const std::string own = module.extra_repr();
  const auto children = module.named_children();
  if (children.empty() && own.find('\n') == std::string::npos)
    return module.name() + '(' + own + ')';
  std::string text = module.name() + "(\n";
  if (!own.empty()) text += "  " + indented(own) + '\n';
  for (const auto& [name, child] : children)
    text += "  (" + name + "): " + indented(to_string(*child)) + '\n';
  return text + ')';
}

std::ostream& operator<<(std::ostream& out, const Module& module) {
  return out << to_string(module);
}

std::string repr(double value) {
  char buffer[32];
  const auto end = std::to_chars(std::begin(buffer), std::end(buffer), value).ptr;
  std::string text(buffer, end);
  const bool looks_integral = std::isfinite(value) && text.find_first_of(".e") == std::string::npos;
  return looks_integral ? text + ".0" : text;
}

}  // namespace kindling::nn
