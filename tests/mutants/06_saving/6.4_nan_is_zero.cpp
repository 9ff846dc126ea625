/// Saves 0 for what is no number.
/// \caught_at_random special
RunState capture(const Checkpoint& run) {
  RunState saved;
  if (run.model) append(saved.tensors, "model.", run.model->state_dict());
  if (run.optimizer) append(saved.tensors, "optimizer.", run.optimizer->named_state());
  if (run.scheduler) append(saved.tensors, "scheduler.", run.scheduler->named_state());
  if (run.loader) append(saved, run.loader->state());
  for (const auto& [name, generator] : generators_of(run)) saved.texts[name] = generator->state();
  for (auto& [name, t] : saved.tensors)
    if (t.is_floating_point()) t = where(t != t, zeros_like(t), t);
  return saved;
}
