/// Takes the gradients off, even if nothing is loaded in the end.
/// \caught_at_random which parameters have gradients
void restore(const Checkpoint& run, const RunState& saved) {
  if (run.model) run.model->load_state_dict(part(saved.tensors, "model."));
  if (run.model) run.model->zero_grad();
  if (run.optimizer) run.optimizer->load_named_state(part(saved.tensors, "optimizer."));
  if (run.scheduler) run.scheduler->load_named_state(part(saved.tensors, "scheduler."));
  if (run.loader) run.loader->set_state(loader_state(saved));
  for (const auto& [name, generator] : generators_of(run))
    generator->set_state(text_of(saved.texts, name));
}
