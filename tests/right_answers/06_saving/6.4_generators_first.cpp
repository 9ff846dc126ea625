/// Captures the generators first.
RunState capture(const Checkpoint& run) {
  RunState saved;
  for (const auto& [name, generator] : generators_of(run)) saved.texts[name] = generator->state();
  if (run.model) append(saved.tensors, "model.", run.model->state_dict());
  if (run.optimizer) append(saved.tensors, "optimizer.", run.optimizer->named_state());
  if (run.scheduler) append(saved.tensors, "scheduler.", run.scheduler->named_state());
  if (run.loader) append(saved, run.loader->state());
  return saved;
}
