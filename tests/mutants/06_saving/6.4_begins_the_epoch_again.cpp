/// Forgets where the loader is.
/// \caught epoch() of another loader, after load_checkpoint(): expected 1, got 0
RunState capture(const Checkpoint& run) {
  RunState saved;
  if (run.model) append(saved.tensors, "model.", run.model->state_dict());
  if (run.optimizer) append(saved.tensors, "optimizer.", run.optimizer->named_state());
  if (run.scheduler) append(saved.tensors, "scheduler.", run.scheduler->named_state());
  for (const auto& [name, generator] : generators_of(run)) saved.texts[name] = generator->state();
  return saved;
}

void restore(const Checkpoint& run, const RunState& saved) {
  if (run.model) run.model->load_state_dict(part(saved.tensors, "model."));
  if (run.optimizer) run.optimizer->load_named_state(part(saved.tensors, "optimizer."));
  if (run.scheduler) run.scheduler->load_named_state(part(saved.tensors, "scheduler."));
  for (const auto& [name, generator] : generators_of(run))
    generator->set_state(text_of(saved.texts, name));
}
