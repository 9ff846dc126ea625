/// Asks named_children(), and joins the lists.
NamedTensors Module::named_parameters() const {
  NamedTensors found(parameters_.begin(), parameters_.end());
  std::erase_if(found, [](const auto& one) { return !one.second.defined(); });
  for (const auto& [child_name, child] : named_children()) {
    NamedTensors below = child->named_parameters();
    for (auto& one : below) one.first.insert(0, child_name + ".");
    found.insert(found.end(), below.begin(), below.end());
  }
  return found;
}
