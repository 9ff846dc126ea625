/// Takes what the file has, and is content if something is missing.
/// \caught expected an Error, and none was thrown
void restore(const Checkpoint& run, const RunState& saved) {
  if (run.model) run.model->load_state_dict(part(saved.tensors, "model."), false);
  if (run.optimizer) run.optimizer->load_named_state(part(saved.tensors, "optimizer."));
  if (run.scheduler) run.scheduler->load_named_state(part(saved.tensors, "scheduler."));
  if (run.loader) run.loader->set_state(loader_state(saved));
  for (const auto& [name, generator] : generators_of(run))
    if (saved.texts.contains(name)) generator->set_state(saved.texts.at(name));
}
