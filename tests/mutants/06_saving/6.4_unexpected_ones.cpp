/// Loads what the model has, and says nothing of what it has not.
/// \caught_at_random expected an Error, and none was thrown
void restore(const Checkpoint& run, const RunState& saved) {
  if (run.model) {
    const auto keys = run.model->load_state_dict(part(saved.tensors, "model."), false);
    check(keys.missing_keys.empty(), "the checkpoint has not all of the model");
  }
  if (run.optimizer) run.optimizer->load_named_state(part(saved.tensors, "optimizer."));
  if (run.scheduler) run.scheduler->load_named_state(part(saved.tensors, "scheduler."));
  if (run.loader) run.loader->set_state(loader_state(saved));
  for (const auto& [name, generator] : generators_of(run))
    generator->set_state(text_of(saved.texts, name));
}
