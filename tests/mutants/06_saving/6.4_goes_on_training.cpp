/// Puts the model into training.
/// \caught_at_random whether the model is in training
void restore(const Checkpoint& run, const RunState& saved) {
  if (run.model) run.model->load_state_dict(part(saved.tensors, "model."));
  if (run.model) run.model->train();
  if (run.optimizer) run.optimizer->load_named_state(part(saved.tensors, "optimizer."));
  if (run.scheduler) run.scheduler->load_named_state(part(saved.tensors, "scheduler."));
  if (run.loader) run.loader->set_state(loader_state(saved));
  for (const auto& [name, generator] : generators_of(run))
    generator->set_state(text_of(saved.texts, name));
}
