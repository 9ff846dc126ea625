#include <algorithm>

#include "kindling/nn.h"

/// Modules that belong together, whatever their owner makes of them.
namespace kindling::nn {

Module& ModuleList::append(std::unique_ptr<Module> module) {
  modules_.push_back(&add(std::to_string(size()), std::move(module)));
  return *modules_.back();
}

Module& ModuleList::operator[](std::int64_t index) const {
  const std::int64_t position = index < 0 ? index + size() : index;
  check(0 <= position && position < size(), "ModuleList: index ", index, " is out of range for ",
        size(), " modules");
  return *modules_[position];
}

Module& ModuleDict::insert(std::string name, std::unique_ptr<Module> module) {
  return add(std::move(name), std::move(module));
}

std::vector<std::string> ModuleDict::keys() const {
  std::vector<std::string> names;
  for (const auto& [name, module] : named_children()) names.push_back(name);
  return names;
}

bool ModuleDict::contains(std::string_view name) const {
  return std::ranges::count(keys(), name) > 0;
}

Module& ModuleDict::operator[](std::string_view name) const {
  for (const auto& [given, module] : named_children())
    if (given == name) return *module;
  fail("ModuleDict: there is no module '", name, "' among ", size());
}

}  // namespace kindling::nn
