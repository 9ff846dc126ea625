/// Leaves a part as it is of which the file has nothing.
/// \caught_at_random expected an Error, and none was thrown | expected another text
void restore(const Checkpoint& run, const RunState& saved) {
  if (run.model && !part(saved.tensors, "model.").empty())
    run.model->load_state_dict(part(saved.tensors, "model."));
  if (run.optimizer) run.optimizer->load_named_state(part(saved.tensors, "optimizer."));
  if (run.scheduler) run.scheduler->load_named_state(part(saved.tensors, "scheduler."));
  if (run.loader) run.loader->set_state(loader_state(saved));
  for (const auto& [name, generator] : generators_of(run))
    generator->set_state(text_of(saved.texts, name));
}
