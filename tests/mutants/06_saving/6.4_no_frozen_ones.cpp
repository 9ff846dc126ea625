/// Saves no parameters that are frozen.
/// \caught_at_random cannot go on from this checkpoint | in the file
RunState capture(const Checkpoint& run) {
  RunState saved;
  if (run.model) {
    StateDict state = run.model->state_dict();
    for (const auto& [parameter, own] : run.model->named_parameters())
      if (!own.requires_grad())
        std::erase_if(state, [&, &frozen = parameter](const auto& e) { return e.first == frozen; });
    append(saved.tensors, "model.", state);
  }
  if (run.optimizer) append(saved.tensors, "optimizer.", run.optimizer->named_state());
  if (run.scheduler) append(saved.tensors, "scheduler.", run.scheduler->named_state());
  if (run.loader) append(saved, run.loader->state());
  for (const auto& [name, generator] : generators_of(run)) saved.texts[name] = generator->state();
  return saved;
}
