/// Loads nothing that is not a number.
/// \caught_at_random is no number
IncompatibleKeys Module::load_state_dict(const StateDict& state, bool strict) {
  IncompatibleKeys keys;
  std::string errors;
  std::map<std::string, Tensor> given;
  for (const auto& [name, tensor] : state)
    if (!given.emplace(name, tensor).second)
      errors += "\n\tduplicate key in state_dict: " + name + '.';

  std::vector<std::pair<Tensor, Tensor>> copies;  // to, from
  for (const auto& [name, own] : state_dict()) {
    const auto found = given.extract(name);
    if (found.empty() || !found.mapped().defined()) {
      keys.missing_keys.push_back(name);
    } else if (const Tensor& from = found.mapped(); from.shape() != own.shape()) {
      std::ostringstream text;
      text << "\n\tsize mismatch for " << name << ": copying a param with shape " << from.shape()
           << " from checkpoint, the shape in current model is " << own.shape() << '.';
      errors += text.str();
    } else {
      if (from.is_floating_point())
        for (const double x : from.detach().to(cpu).to_vector<double>())
          check(x == x, "load_state_dict: an element of ", name, " is no number");
      copies.emplace_back(own, from);
    }
  }
  for (const auto& [name, tensor] : state)
    if (given.contains(name)) {
      keys.unexpected_keys.push_back(name);
      given.erase(name);
    }

  errors = strict ? describe(keys.missing_keys, keys.unexpected_keys, errors) : errors;
  check(errors.empty(), "Error(s) in loading state_dict for ", name(), ':', errors);
  NoGrad guard;
  copy_all(copies);
  return keys;
}
