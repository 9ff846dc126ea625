/// A stack of its own instead of recursion.
NamedTensors Module::named_parameters() const {
  NamedTensors found;
  std::vector<std::pair<std::string, const Module*>> waiting = {{"", this}};
  while (!waiting.empty()) {
    const auto [path, module] = waiting.back();
    waiting.pop_back();
    for (const auto& [name, tensor] : module->parameters_)
      if (tensor.defined()) found.emplace_back(path + name, tensor);
    for (auto child = module->children_.rbegin(); child != module->children_.rend(); ++child)
      waiting.emplace_back(path + child->first + ".", child->second.get());
  }
  return found;
}
