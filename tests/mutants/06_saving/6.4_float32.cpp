/// Saves float32.
/// \caught_at_random expected dtype float64, got float32
RunState capture(const Checkpoint& run) {
  RunState saved;
  if (run.model) {
    StateDict all = run.model->state_dict();
    for (auto& [n, t] : all)
      if (t.dtype() == float64) t = t.to(float32);
    append(saved.tensors, "model.", all);
  };
  if (run.optimizer) append(saved.tensors, "optimizer.", run.optimizer->named_state());
  if (run.scheduler) append(saved.tensors, "scheduler.", run.scheduler->named_state());
  if (run.loader) append(saved, run.loader->state());
  for (const auto& [name, generator] : generators_of(run)) saved.texts[name] = generator->state();
  return saved;
}
