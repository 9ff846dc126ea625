/// A function that calls itself with the path so far.
NamedTensors Module::named_parameters() const {
  NamedTensors found;
  const std::function<void(const Module&, const std::string&)> collect =
      [&](const Module& module, const std::string& path) {
        for (const auto& parameter : module.parameters_) {
          if (!parameter.second.defined()) continue;
          found.push_back({path + parameter.first, parameter.second});
        }
        for (const auto& child : module.children_) collect(*child.second, path + child.first + '.');
      };
  collect(*this, "");
  return found;
}
